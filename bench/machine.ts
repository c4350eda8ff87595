import { readFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { setTimeout } from 'node:timers/promises';

/** Properties of the machine that affect figures. */
export interface Machine {
  readonly kernel: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly virtual: boolean;
  readonly node: string;
  readonly governor?: string;
  /** Load average of the minute before, and busy share of all cores in the second before. */
  readonly loadAverage: number;
  readonly busyPercent: number;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Time of all cores by proc_stat(5), in ticks. */
function coreTimes(): { idle: number; all: number } {
  const [, ...ticks] = (textOf('/proc/stat')?.split('\n')[0] ?? '').split(/\s+/).map(Number);
  const [, , , idle = 0, iowait = 0] = ticks;
  return { idle: idle + iowait, all: ticks.slice(0, 8).reduce((sum, time) => sum + time, 0) };
}

/** The share of all cores that was busy for a second, in percent. */
async function busyPercent(): Promise<number> {
  const before = coreTimes();
  await setTimeout(1000);
  const after = coreTimes();
  const all = after.all - before.all;
  return all === 0 ? 0 : Math.round(100 * (1 - (after.idle - before.idle) / all));
}

export async function lookAtMachine(): Promise<Machine> {
  const governor = textOf('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor');
  return {
    kernel: release(),
    system: /^PRETTY_NAME="?(.*?)"?$/m.exec(textOf('/etc/os-release') ?? '')?.[1] ?? 'Linux',
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    virtual: /^flags.*\bhypervisor\b/m.test(textOf('/proc/cpuinfo') ?? ''),
    node: process.version,
    ...(governor !== undefined && { governor }),
    loadAverage: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    busyPercent: await busyPercent(),
  };
}

const QUIET_PERCENT = 10;

/** Reasons to take figures of this machine, at this time, with care. */
export function machineWarnings(machine: Machine): string[] {
  const warnings: string[] = [];
  if (machine.busyPercent > QUIET_PERCENT) {
    warnings.push(
      `The machine was not idle: ${machine.busyPercent} % of it was busy before the start. Repeat this on a quiet one.`,
    );
  }
  if (machine.governor !== undefined && machine.governor !== 'performance') {
    warnings.push(`The frequency governor is ${machine.governor}: the clock may have changed between runs.`);
  }
  if (textOf('/proc/sys/kernel/bpf_stats_enabled') === '1') {
    warnings.push('kernel.bpf_stats_enabled is on, and makes every BPF program slower.');
  }
  if (textOf('/proc/sys/net/core/bpf_jit_enable') === '0') {
    warnings.push('net.core.bpf_jit_enable is off: BPF programs are interpreted.');
  }
  return warnings;
}
