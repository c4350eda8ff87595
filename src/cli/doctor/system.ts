import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { AddonError, libbpfVersion } from '../../bpf/system.js';
import { tracepointId } from '../../bpf/tracefs.js';
import { missingCapabilities } from '../../kernel/capabilities.js';
import { mountPoint } from '../../kernel/mounts.js';
import { FIRST_PID_NAMESPACE, namespaceOf } from '../../kernel/processes.js';
import { lockdown, memlockLimit, sysctl } from '../../kernel/settings.js';

/** `reduced`: something works less well or not at all; `unknown`: the check could not be made. */
export type CheckState = 'ok' | 'reduced' | 'missing' | 'unknown';

/** A property of this machine that tracing depends on. */
export interface Check {
  readonly name: string;
  readonly state: CheckState;
  /** The result, in words. */
  readonly found: string;
  /** Remedy. */
  readonly remedy?: string;
}

/** Source: BPF_MAP_TYPE_RINGBUF, bpf_ktime_get_boot_ns() and CAP_BPF came with 5.8. */
const OLDEST = [5, 8] as const;
/** From 5.11 on the memory limit of the cgroup applies, not RLIMIT_MEMLOCK. */
const ACCOUNTED_BY_CGROUP = [5, 11] as const;

function isAtLeast(kernel: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, oursMinor = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return ours > major || (ours === major && oursMinor >= minor);
}

function kernel(version: string): Check {
  const name = 'kernel';
  if (isAtLeast(version, OLDEST)) return { name, state: 'ok', found: version };
  return {
    name,
    state: 'missing',
    found: version,
    remedy: `use kernel ${OLDEST.join('.')} or newer: BPF ring buffers are required`,
  };
}

function architecture(): Check {
  const isKnown = process.arch === 'x64' || process.arch === 'arm64';
  return {
    name: 'architecture',
    state: isKnown ? 'ok' : 'missing',
    found: process.arch,
    ...(!isKnown && { remedy: 'supported: x64, arm64' }),
  };
}

function libbpf(): Check {
  try {
    return { name: 'libbpf', state: 'ok', found: libbpfVersion() };
  } catch (error) {
    return { name: 'libbpf', state: 'missing', found: (error as Error).message };
  }
}

/** Only tool authors need it. */
function clang(): Check {
  const { stdout } = spawnSync('clang', ['--version'], { encoding: 'utf8' });
  const [, version] = /clang version (\S+)/.exec(stdout ?? '') ?? [];
  return { name: 'clang', state: 'ok', found: version ?? 'not installed; needed only to compile BPF programs' };
}

function btf(): Check {
  const path = '/sys/kernel/btf/vmlinux';
  const name = 'kernel types';
  if (existsSync(path)) return { name, state: 'ok', found: path };
  return {
    name,
    state: 'missing',
    found: 'the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)',
    remedy: 'give the BTF of this exact kernel, or an archive that contains it: --btf FILE|FOLDER',
  };
}

function tracefs(): Check {
  const name = 'tracefs';
  const mounted = mountPoint('tracefs');
  try {
    // Every kernel with tracepoints has this one.
    if (tracepointId('sched', 'sched_process_exit') === undefined) {
      return { name, state: 'missing', found: 'the kernel has no tracepoints (CONFIG_TRACEPOINTS, CONFIG_FTRACE)' };
    }
    return { name, state: 'ok', found: mounted ?? 'not mounted; snoopkit opens a private instance' };
  } catch (error) {
    if (error instanceof AddonError)
      return { name, state: 'unknown', found: 'not mounted; cannot check further without libbpf' };
    return {
      name,
      state: 'reduced',
      found: mounted === undefined ? 'not mounted, no permission to open it' : `${mounted} is not readable`,
      remedy: mounted === undefined ? 'mount it, or run with CAP_SYS_ADMIN' : 'run with CAP_DAC_READ_SEARCH',
    };
  }
}

function bpffs(): Check {
  return { name: 'bpffs', state: 'ok', found: mountPoint('bpf') ?? 'not mounted; not needed' };
}

function cgroups(): Check {
  const name = 'cgroup v2';
  const mounted = mountPoint('cgroup2');
  if (mounted !== undefined) return { name, state: 'ok', found: mounted };
  return { name, state: 'reduced', found: 'not mounted', remedy: 'mount it to use --cgroup; nothing else needs it' };
}

function jit(): Check {
  const name = 'JIT';
  const value = sysctl('net.core.bpf_jit_enable');
  if (value === undefined) return { name, state: 'unknown', found: 'net.core.bpf_jit_enable is not readable' };
  if (value !== '0') return { name, state: 'ok', found: 'on' };
  return {
    name,
    state: 'reduced',
    found: 'off: programs are interpreted, several times slower',
    remedy: 'sysctl net.core.bpf_jit_enable=1',
  };
}

function lockedDown(): Check {
  const name = 'lockdown';
  const mode = lockdown(mountPoint('securityfs'));
  if (mode === undefined) return { name, state: 'unknown', found: 'securityfs is not mounted or not readable' };
  if (mode !== 'confidentiality') return { name, state: 'ok', found: mode };
  return {
    name,
    state: 'missing',
    found: 'confidentiality: BPF programs cannot read kernel memory',
    remedy: 'boot with lockdown=integrity or without lockdown',
  };
}

function capabilities(): Check {
  const name = 'capabilities';
  const missing = missingCapabilities(['CAP_BPF', 'CAP_PERFMON']);
  if (missing.length === 0) return { name, state: 'ok', found: 'CAP_BPF, CAP_PERFMON' };
  return {
    name,
    state: 'missing',
    found: `missing ${missing.join(', ')}`,
    remedy: 'run as root: sudo snoopkit ...',
  };
}

/** Informative only: tools need more privileges than unprivileged BPF gives. */
function unprivileged(): Check {
  const meanings: Record<string, string> = { 0: 'enabled', 1: 'disabled until the next boot', 2: 'disabled' };
  const value = sysctl('kernel.unprivileged_bpf_disabled');
  const name = 'unprivileged BPF';
  if (value === undefined) return { name, state: 'unknown', found: 'kernel.unprivileged_bpf_disabled is not readable' };
  return { name, state: 'ok', found: meanings[value] ?? value };
}

function memlock(version: string): Check {
  const name = 'locked memory';
  if (isAtLeast(version, ACCOUNTED_BY_CGROUP))
    return { name, state: 'ok', found: 'not charged for BPF by this kernel' };
  const limit = memlockLimit();
  if (limit === undefined) return { name, state: 'unknown', found: 'the limit is not readable' };
  const found = limit === Number.POSITIVE_INFINITY ? 'no limit' : `limited to ${limit / 1024} KiB`;
  if (limit > 64 << 20 || missingCapabilities(['CAP_SYS_RESOURCE']).length === 0) return { name, state: 'ok', found };
  return { name, state: 'reduced', found, remedy: 'use ulimit -l unlimited, CAP_SYS_RESOURCE or a small --buffer' };
}

function pidNamespace(): Check {
  const name = 'pid namespace';
  if (namespaceOf('self', 'pid') === FIRST_PID_NAMESPACE)
    return { name, state: 'ok', found: 'initial: pids match those of the kernel' };
  return {
    name,
    state: 'reduced',
    found: 'not the initial one: --pid, --tid, --ppid and -- COMMAND are unavailable',
    remedy: 'start the container with --pid=host',
  };
}

function node(): Check {
  return { name: 'node', state: 'ok', found: process.version };
}

/** Checks everything that tracing depends on. Changes nothing and needs no privileges. */
export function checkSystem(): Check[] {
  const version = release();
  return [
    kernel(version),
    architecture(),
    node(),
    libbpf(),
    capabilities(),
    btf(),
    tracefs(),
    bpffs(),
    cgroups(),
    jit(),
    lockedDown(),
    unprivileged(),
    memlock(version),
    pidNamespace(),
    clang(),
  ];
}
