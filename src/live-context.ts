import { readFileSync } from 'node:fs';
import { ProgramAddresses } from './bpf/program-addresses.js';
import { bootToRealtime } from './bpf/system.js';
import { KERNEL_BTF } from './bpf/vmlinux.js';
import { Btf, readBtfBytes } from './btf/index.js';
import { ClockOffset, type EventContext } from './events/context.js';
import { CgroupPaths } from './kernel/cgroups.js';
import { KernelSymbols } from './kernel/kallsyms.js';
import { NameDatabase } from './kernel/users.js';

/** The context of this machine while tracing. `btf` replaces the running kernel's; without `envNames`, no environment variables are shown. */
export function liveContext(
  users: NameDatabase = new NameDatabase('passwd'),
  btf: string = KERNEL_BTF,
  envNames: readonly string[] = [],
): EventContext {
  const cgroups = new CgroupPaths();
  let groups: NameDatabase | undefined;
  let kernel: Btf | undefined;
  let symbols: KernelSymbols | undefined;
  let programs: ProgramAddresses | undefined;
  const { offset, error } = bootToRealtime();
  return {
    clock: new ClockOffset(offset, error),
    arch: process.arch,
    envNames,
    userName: (uid) => users.name(uid),
    groupName: (gid) => {
      groups ??= new NameDatabase('group');
      return groups.name(gid);
    },
    cgroupPath: (id) => cgroups.path(id),
    kernelSymbol: (address) => {
      symbols ??= KernelSymbols.read();
      return symbols.at(address);
    },
    bpfCaller: (stack, time) => {
      programs ??= new ProgramAddresses();
      return programs.callerOf(stack, time);
    },
    enumName: (name, value) => {
      try {
        kernel ??= Btf.parse(readBtfBytes(readFileSync(btf)));
      } catch {
        // A kernel without BTF: fall back to the object's own names.
        return undefined;
      }
      const id = name === '' ? undefined : kernel.find(name, 'enum');
      const type = id === undefined ? undefined : kernel.type(id);
      return type?.kind === 'enum' ? type.values.find((candidate) => candidate.value === value)?.name : undefined;
    },
  };
}
