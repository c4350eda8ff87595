import { readFileSync } from 'node:fs';
import { externalCalls } from '../btf/calls.js';
import { Btf, readBtfBytes } from '../btf/index.js';
import { helperName, helperSince } from './helper-list.js';

/** A function of the kernel that programs call. */
export interface RequiredFunction {
  /** `bpf_ringbuf_reserve` */
  readonly name: string;
  /** Number of a helper; undefined for a kfunc. */
  readonly id: number | undefined;
  /** The release that brought a helper; undefined for a kfunc, and for a helper newer than this library. */
  readonly since: string | undefined;
  /** Names of the programs that call it. */
  readonly programs: readonly string[];
  /** Whether the object declares it weak, and so can do without it. */
  readonly isWeak: boolean;
  /** Whether the kernel has it, if not for each type of program; undefined where the kernel has no BTF. */
  readonly isAvailable: boolean | undefined;
}

/** Features that the kernel must have for an object. */
export interface Requirements {
  /** By number. */
  readonly helpers: readonly RequiredFunction[];
  /** Functions of the kernel by name: `extern ... __ksym`. */
  readonly kfuncs: readonly RequiredFunction[];
}

interface Known {
  readonly helpers: ReadonlyMap<number, string>;
  readonly hasFunction: (name: string) => boolean;
}

/** Helpers and functions of a kernel, by its BTF. */
function knownTo(btf: Btf): Known {
  const helpers = new Map<number, string>();
  const id = btf.find('bpf_func_id', 'enum');
  const type = id === undefined ? undefined : btf.type(id);
  for (const { name, value } of type?.kind === 'enum' ? type.values : [])
    if (name.startsWith('BPF_FUNC_')) helpers.set(value, name.replace('BPF_FUNC_', 'bpf_'));
  return { helpers, hasFunction: (name) => btf.find(name, 'func') !== undefined };
}

/**
 * The helpers and kernel functions that an object's programs call, and whether a kernel has them, by its BTF: the path of
 * a file, or its bytes; undefined if there is none. A program may avoid a call that the kernel lacks, so a missing one need not be fatal.
 *
 * @throws BtfError if the object or the kernel's BTF is damaged.
 */
export function requirementsOf(object: Uint8Array, btf: string | Uint8Array | undefined): Requirements {
  const types = typeof btf === 'string' ? readFileSync(btf) : btf;
  const kernel = types && knownTo(Btf.parse(readBtfBytes(types)));
  const found = new Map<number | string, { programs: Set<string>; isWeak: boolean }>();
  for (const [program, calls] of externalCalls(object))
    for (const { callee, isWeak } of calls) {
      const known = found.get(callee) ?? { programs: new Set(), isWeak: true };
      known.programs.add(program);
      known.isWeak &&= isWeak;
      found.set(callee, known);
    }
  const helpers: RequiredFunction[] = [];
  const kfuncs: RequiredFunction[] = [];
  for (const [callee, { programs, isWeak }] of found) {
    const common = { programs: [...programs].sort(), isWeak };
    if (typeof callee === 'string')
      kfuncs.push({
        ...common,
        name: callee,
        id: undefined,
        since: undefined,
        isAvailable: kernel?.hasFunction(callee),
      });
    else
      helpers.push({
        ...common,
        name: kernel?.helpers.get(callee) ?? helperName(callee) ?? `helper ${callee}`,
        id: callee,
        since: helperSince(callee),
        isAvailable: kernel?.helpers.has(callee),
      });
  }
  return {
    helpers: helpers.sort((a, b) => (a.id ?? 0) - (b.id ?? 0)),
    kfuncs: kfuncs.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
