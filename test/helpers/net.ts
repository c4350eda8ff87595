/** Two network namespaces joined by a wire, with nothing else in them: a private network for a test. */
import { execFileSync, spawnSync } from 'node:child_process';
import { whyMissing } from '../capability.js';
import { firstProcessIsHidden } from './hidden.js';
import { allowRetries } from './retries.js';
import { type Finished, Running, type RunOptions, run } from './run.js';
import { systemEnvironment } from './system.js';
import { Wire } from './wire.js';

const env = systemEnvironment();

/** An address of each family. */
export interface Addresses {
  readonly v4: string;
  readonly v6: string;
}

const place = (host: number): Addresses => ({ v4: `10.77.0.${host}`, v6: `fd00:77::${host}` });

/** A port without a listener unless a test adds one. */
export const REFUSED_PORT = 1;

/** One end of the wire: a namespace. */
export class NetEnd {
  /** Name for `ip netns`. */
  readonly name: string;
  readonly device: string;
  readonly address: Addresses;
  readonly #wires: Wire[] = [];
  #netns: number | undefined;

  /** @internal Made by NetLab. */
  constructor(name: string, device: string, address: Addresses) {
    this.name = name;
    this.device = device;
    this.address = address;
  }

  /**
   * The command that runs this one in the namespace, as the same process. `ip netns exec` would do, but hides tracefs,
   * bpffs and the cgroups, without which snoopkit is restricted.
   */
  words(command: readonly string[]): string[] {
    return ['nsenter', `--net=/run/netns/${this.name}`, ...command];
  }

  start(command: readonly string[], options: RunOptions = {}): Running {
    const [file = '', ...words] = this.words(command);
    return new Running(file, words, options);
  }

  run(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const [file = '', ...words] = this.words(command);
    return run(file, words, options);
  }

  /** Runs lines of a shell there, with $0 as the first argument. */
  shell(script: string, ...args: readonly string[]): string {
    const [file = '', ...words] = this.words(['sh', '-euc', script, ...args]);
    return execFileSync(file, words, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Inode number of the namespace, as shown in events. */
  get netns(): number {
    this.#netns ??= Number(this.shell('stat -Lc %i /proc/self/ns/net'));
    return this.#netns;
  }

  /** Sets such as `net.ipv4.tcp_syn_retries`. */
  sysctl(settings: Readonly<Record<string, number | string>>): void {
    const lines = Object.entries(settings).map(
      ([name, value]) => `echo '${value}' >/proc/sys/${name.replaceAll('.', '/')}`,
    );
    this.shell(lines.join('\n'));
  }

  /** Watches packets that arrive here over the wire, and drops some of them on request. */
  async wire(): Promise<Wire> {
    const wire = await Wire.on(this.device, this.words([]));
    this.#wires.push(wire);
    return wire;
  }

  /** @internal */
  async closeWires(): Promise<void> {
    for (const wire of this.#wires.splice(0)) await wire.close();
  }
}

/** Labs to remove at the exit of the tests, however they end. */
const labs = new Set<NetLab>();
process.on('exit', () => {
  for (const lab of labs) lab.removeNow();
});

export class NetLab {
  static #made = 0;
  readonly a: NetEnd;
  readonly b: NetEnd;
  /** An address that `a` can send to, but that never answers: no host has its hardware address. */
  readonly blackHole = place(9);
  /** An address without a route: ENETUNREACH. */
  readonly unreachable: Addresses = { v4: '203.0.113.1', v6: '2001:db8::1' };
  /** An address with an unreachable route on `a`: EHOSTUNREACH. */
  readonly hostUnreachable = place(8);

  /** Throws if a probe of `capability.ts` fails: netns, veth, nsenter. */
  constructor() {
    const name = `snoopkit-${process.pid}-${NetLab.#made++}`;
    this.a = new NetEnd(`${name}-a`, 'wire-a', place(1));
    this.b = new NetEnd(`${name}-b`, 'wire-b', place(2));
    // The interrupted process is random, and a network works in interrupts.
    if (firstProcessIsHidden()) allowRetries();
    labs.add(this);
    try {
      this.#make();
    } catch (error) {
      this.removeNow();
      throw error;
    }
  }

  #make(): void {
    const { a, b, blackHole, hostUnreachable } = this;
    const ends = [a, b];
    const has6 = whyMissing('ipv6') === undefined;
    const lines = [
      ...ends.map(({ name }) => `ip netns add ${name}`),
      `ip link add ${a.device} netns ${a.name} type veth peer name ${b.device} netns ${b.name}`,
    ];
    execFileSync('sh', ['-euc', lines.join('\n')], { env, stdio: 'pipe' });
    for (const end of ends) {
      end.shell(
        [
          // Disables duplicate address detection, which takes seconds, and router solicitation.
          ...(has6 ? ['all', 'default', end.device] : []).flatMap((which) => [
            `echo 0 >/proc/sys/net/ipv6/conf/${which}/accept_dad`,
            `echo 0 >/proc/sys/net/ipv6/conf/${which}/router_solicitations`,
          ]),
          'ip link set lo up',
          `ip link set ${end.device} up`,
          `ip address add ${end.address.v4}/24 dev ${end.device}`,
          ...(has6 ? [`ip address add ${end.address.v6}/64 dev ${end.device} nodad`] : []),
        ].join('\n'),
      );
    }
    const families = has6 ? (['v4', 'v6'] as const) : (['v4'] as const);
    a.shell(
      families
        .flatMap((family) => [
          `ip neighbour add ${blackHole[family]} lladdr 02:00:00:00:00:09 dev ${a.device} nud permanent`,
          `ip ${family === 'v6' ? '-6 ' : ''}route add unreachable ${hostUnreachable[family]}`,
        ])
        .join('\n'),
    );
  }

  /** Removes everything, and ends processes that still run there. */
  async remove(): Promise<void> {
    for (const end of [this.a, this.b]) await end.closeWires();
    this.removeNow();
  }

  /** @internal The same, without waiting for anything. */
  removeNow(): void {
    labs.delete(this);
    for (const { name } of [this.a, this.b]) {
      const { status, stdout } = spawnSync('ip', ['netns', 'pids', name], { env, encoding: 'utf8' });
      if (status !== 0) continue;
      for (const pid of stdout.split('\n').filter(Boolean)) {
        try {
          process.kill(Number(pid), 'SIGKILL');
        } catch {
          // The process has ended.
        }
      }
      spawnSync('ip', ['netns', 'delete', name], { env });
    }
  }
}
