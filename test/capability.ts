/**
 * What a machine may lack, and how to find out. A test says what it needs and is skipped only where a probe,
 * not the test, finds that missing. SNOOPKIT_FORBID_SKIP (names with commas between, or `all`) makes such a skip a failure.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mountPoint } from '../src/kernel/mounts.js';
import { kernelIsSince } from './helpers/kernel.js';
import { systemEnvironment } from './helpers/system.js';

/** Why a capability is missing; undefined when it's there. */
type Probe = () => string | undefined;

function program(name: string): Probe {
  return () => {
    const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
    return folders.some((folder) => isExecutable(join(folder, name))) ? undefined : `no ${name} on the PATH`;
  };
}

function executable(path: string): string | undefined {
  return isExecutable(path) ? undefined : `${path} is no program`;
}

function mounted(type: string): Probe {
  return () => {
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
    return mounts.some((mount) => mount.split(' ')[2] === type) ? undefined : `no ${type} is mounted`;
  };
}

function file(path: string): Probe {
  return () => (existsSync(path) ? undefined : `no ${path}`);
}

function writable(path: string): string | undefined {
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch {
    return `${path} is not writable`;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whether a time namespace can be had: Linux 5.6, and util-linux 2.36. */
function timeNamespace(): string | undefined {
  const missing = program('unshare')();
  if (missing !== undefined) return missing;
  const { status, stderr } = spawnSync('unshare', ['-T', '--fork', '--boottime', '60', 'true'], { encoding: 'utf8' });
  return status === 0 ? undefined : stderr.trim().split('\n')[0] || `status ${status}`;
}

/** Whether these lines of a shell do their work, in a network namespace of their own. */
function inNetwork(lines: string): string | undefined {
  const missing = program('unshare')() ?? program('ip')();
  if (missing !== undefined) return missing;
  const { status, stderr } = spawnSync('unshare', ['--net', 'sh', '-ec', lines], {
    env: systemEnvironment(),
    encoding: 'utf8',
  });
  return status === 0 ? undefined : stderr.trim().split('\n').at(-1) || `status ${status}`;
}

/** Whether a network namespace can be had that has a name. */
function namedNetwork(): string | undefined {
  const missing = program('ip')() ?? program('nsenter')();
  if (missing !== undefined) return missing;
  const name = `snoopkit-probe-${process.pid}`;
  const ip = (verb: string) => spawnSync('ip', ['netns', verb, name], { env: systemEnvironment(), encoding: 'utf8' });
  const { status, stderr } = ip('add');
  if (status !== 0) return stderr.trim();
  ip('delete');
  return undefined;
}

/**
 * Why bpftool can't load a fixture of test/bpf. No file tells: some kernels that have all of it refuse it, so another loader than
 * ours has to try.
 */
function refusedByBpftool(fixture: string): string | undefined {
  const missing = program('bpftool')() ?? program('unshare')();
  if (missing !== undefined) return missing;
  const object = fileURLToPath(new URL(`bpf/fixtures/${fixture}.bpf.o`, import.meta.url));
  const script = 'mount -t bpf bpf /sys/fs/bpf && exec bpftool prog load "$1" /sys/fs/bpf/probe';
  const words = ['--mount', 'sh', '-c', script, 'sh', object];
  const { status, stderr } = spawnSync('unshare', words, { env: systemEnvironment(), encoding: 'utf8' });
  if (status === 0) return undefined;
  const [, refusal] = /load failed: (.*)/.exec(stderr) ?? [];
  if (refusal === undefined) throw new Error(`bpftool prog load ${object}: ${stderr}`);
  return `bpftool can't load it either: ${refusal}`;
}

/** Without it a kernel loads fentry programs, and refuses to attach them; the bpftool of Debian 12 can't attach. */
function ftraceDirectCalls(): string | undefined {
  const symbols = readFileSync('/proc/kallsyms', 'latin1');
  return /\bregister_ftrace_direct/.test(symbols)
    ? undefined
    : 'the kernel has no register_ftrace_direct (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)';
}

/** What sockets send and receive, at any protocol: since 6.3. */
function sockLengths(): string | undefined {
  const symbols = readFileSync('/proc/kallsyms', 'latin1');
  return /\b__traceiter_sock_send_length\b/.test(symbols) ? undefined : 'the kernel has no tracepoint sock_send_length';
}

/** Multipath TCP: in the kernel, and not turned off. */
function mptcp(): string | undefined {
  const setting = '/proc/sys/net/mptcp/enabled';
  return file(setting)() ?? (readFileSync(setting, 'latin1') === '1\n' ? undefined : `${setting} is 0`);
}

/** The same with the program that tells it by which addresses other subflows may join. */
function mptcpEndpoints(): string | undefined {
  return mptcp() ?? program('ip')() ?? inNetwork('ip mptcp endpoint show');
}

/** The capabilities of this process, from the kernel: root in a container may have none of them. */
function effective(bit: bigint, name: string): Probe {
  return () => {
    const status = readFileSync('/proc/self/status', 'utf8');
    const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
    return (mask >> bit) & 1n ? undefined : `${name} is missing`;
  };
}

/** The folder with OpenTelemetry's own definitions: of OTEL_PROTO, or as Debian's opentelemetry-proto has it. */
export function officialDefinitions(): string | undefined {
  const file = 'opentelemetry/proto/collector/logs/v1/logs_service.proto';
  return [process.env.OTEL_PROTO, '/usr/include'].find((folder) => folder && existsSync(`${folder}/${file}`));
}

/** The folder with BPF objects that others wrote, of PACKAGED_OBJECTS. */
export function packagedObjects(): string | undefined {
  const { PACKAGED_OBJECTS: folder } = process.env;
  return folder && existsSync(folder) ? folder : undefined;
}

/** Whether the kernel runs LSM programs: its option lsm= names bpf. */
function lsmBpf(): string | undefined {
  const active = '/sys/kernel/security/lsm';
  return (
    file(active)() ??
    (readFileSync(active, 'utf8').trim().split(',').includes('bpf') ? undefined : `no bpf in ${active}`)
  );
}

/** Linux 7 allocates storages of tasks and sockets without locks, which on x86 takes an instruction that QEMU gets wrong. */
function storageMemory(): string | undefined {
  if (process.arch !== 'x64' || !kernelIsSince(6, 19)) return undefined;
  return /\bcx16\b/.test(readFileSync('/proc/cpuinfo', 'latin1')) ? undefined : 'the CPU has no cmpxchg16b';
}

/** Node refuses it where its libuv may use io_uring (CVE-2024-22017): Debian 13's 20.19.2 does. */
function setuid(): string | undefined {
  const words = ['-e', 'process.setuid(process.getuid())'];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' });
  return status === 0 ? undefined : (/^Error: (.*)$/m.exec(stderr)?.[1] ?? `status ${status}`);
}

const probes = {
  root: () => {
    const uid = process.geteuid?.();
    return uid === 0 ? effective(21n, 'uid 0, but CAP_SYS_ADMIN')() : `not root (uid ${uid})`;
  },
  'not-root': () => (process.geteuid?.() === 0 ? 'this is root' : undefined),
  'kernel-btf': file('/sys/kernel/btf/vmlinux'),
  /** In a chroot no mount can be made private, and paths of the mount namespace start above our root. */
  'own-root': () =>
    readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .some((line) => line.split(' ')[4] === '/')
      ? undefined
      : 'this is a chroot: its root is not that of the mount namespace',
  cgroup2: () => mounted('cgroup2')() ?? writable(mountPoint('cgroup2') ?? ''),
  tracefs: mounted('tracefs'),
  bpffs: mounted('bpf'),
  kvm: file('/dev/kvm'),
  'kprobe-pmu': file('/sys/bus/event_source/devices/kprobe'),
  fentry: () => refusedByBpftool('fentry') ?? file('/proc/kallsyms')() ?? ftraceDirectCalls(),
  'map-iterators': () => refusedByBpftool('iterate-map'),
  'cgroup-iterators': () => refusedByBpftool('iterate-cgroups'),
  'lsm-bpf': lsmBpf,
  'sock-lengths': sockLengths,
  'storage-memory': storageMemory,
  ipv6: file('/proc/net/if_inet6'),
  mptcp,
  'mptcp-endpoints': mptcpEndpoints,
  strace: program('strace'),
  jq: program('jq'),
  bpftool: program('bpftool'),
  man: program('man'),
  setpriv: program('setpriv'),
  setuid,
  prlimit: program('prlimit'),
  capsh: program('capsh'),
  setcap: program('setcap'),
  unshare: program('unshare'),
  'time-namespace': timeNamespace,
  cc: program('cc'),
  'apt-get': program('apt-get'),
  ip: program('ip'),
  ss: program('ss'),
  /** As the build finds it: without a network, corepack has only the npm that it fetched before. */
  npm: () => {
    const command = ['-c', '. scripts/lib.sh && any_npm --version'];
    const { status, stderr } = spawnSync('bash', command, {
      cwd: new URL('../../', import.meta.url),
      encoding: 'utf8',
    });
    return status === 0 ? undefined : stderr.trim().split('\n')[0] || `status ${status}`;
  },
  curl: program('curl'),
  openssl: program('openssl'),
  /** OpenTelemetry's collector, with the OTLP receiver and the OTLP/HTTP exporter. */
  otelcol: () => (process.env.OTELCOL ? executable(process.env.OTELCOL) : program('otelcol')()),
  protoc: () =>
    program('protoc')() ?? (officialDefinitions() ? undefined : 'no opentelemetry-proto: OTEL_PROTO names its folder'),
  'packaged-objects': () =>
    packagedObjects() ? undefined : 'PACKAGED_OBJECTS names no folder: node dist/scripts/packaged-objects.js gets one',
  netns: namedNetwork,
  /** A pair of joined network devices. */
  veth: () => inNetwork('ip link add one type veth peer name two'),
  'seg6-local': () => inNetwork('ip link set lo up; ip -6 route add fd00::1 encap seg6local action End dev lo'),
  /** The classifier matchall and the action bpf. */
  'tc-actions': () =>
    inNetwork("tc qdisc add dev lo clsact; tc filter add dev lo ingress matchall action bpf bytecode '1,6 0 0 0'"),
  script: program('script'),
} satisfies Record<string, Probe>;

export type Capability = keyof typeof probes;

const found = new Map<string, string | undefined>();
const reasons = new WeakMap<Mocha.Runnable | Mocha.Suite, string>();

/** Why the capability is missing here; undefined when it's there. Probed once. */
export function whyMissing(capability: Capability): string | undefined {
  if (!found.has(capability)) found.set(capability, probes[capability]());
  return found.get(capability);
}

/** Skips the test (or, from `before`, the suite) where this machine lacks the capability. */
export function needs(context: Mocha.Context, capability: Capability): void;
/**
 * The same for a feature of the running kernel that the library has probed: `available` is true, or why it isn't.
 * For all else the table above is the place.
 */
export function needs(context: Mocha.Context, feature: string, available: boolean | string): void;
export function needs(context: Mocha.Context, name: string, available?: boolean | string): void {
  const reason = available === undefined ? whyMissing(name as Capability) : whyNot(available);
  if (reason === undefined) return;
  const forbidden = (process.env.SNOOPKIT_FORBID_SKIP ?? '').split(',');
  if (forbidden.includes(name) || forbidden.includes('all')) {
    throw new Error(`needs ${name}, and SNOOPKIT_FORBID_SKIP forbids to skip: ${reason}`);
  }
  const runnable = context.test;
  // In a hook it's the whole suite that is skipped.
  if (runnable) reasons.set(isTest(runnable) ? runnable : (runnable.parent ?? runnable), `${name}: ${reason}`);
  context.skip();
}

function isTest(runnable: Mocha.Runnable): boolean {
  return 'type' in runnable && runnable.type === 'test';
}

function whyNot(available: boolean | string): string | undefined {
  if (available === true) return undefined;
  return available === false ? 'not available' : available;
}

/** The reason that a skipped test was skipped for, its own or its suite's; undefined when nobody gave one. */
export function skipReason(test: Mocha.Test): string | undefined {
  const own = reasons.get(test);
  if (own !== undefined) return own;
  for (let suite = test.parent; suite; suite = suite.parent) {
    const reason = reasons.get(suite);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
