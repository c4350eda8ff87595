import { mistake } from '../mistake.js';

/** The process and the time of an event, which the name of an address depends on. */
export interface NameAsker {
  /** 0 for nobody. */
  readonly pid: number;
  /** Undefined where the event has none. */
  readonly netns: number | undefined;
  /** Nanoseconds since the boot. */
  readonly time: bigint;
}

/** Facts about the event's machine that outputs need. A replay brings those of the recording. */
export interface EventContext {
  /** Nanoseconds between CLOCK_BOOTTIME and CLOCK_REALTIME. */
  readonly clock: ClockOffset;
  /** Undefined for a uid without a name. */
  userName(uid: number): string | undefined;
  /** Undefined for a gid without a name. */
  groupName(gid: number): string | undefined;
  /** The name that the running kernel gives to a value of an enum; undefined where it has no such enum or value. */
  enumName(name: string, value: number): string | undefined;
  /** The path of a cgroup (v2) below the root, by its id; undefined for one that is gone. */
  cgroupPath(id: bigint): string | undefined;
  /** The name of an address, as outputs write that, for whom the event is of; left out where names are not asked for. */
  hostName?(address: string, asker: NameAsker): string | undefined;
  /** Kernel function at an address, as `tcp_v4_rcv+0x1b0`, with ` [veth]` for a module's; undefined if unknown. */
  kernelSymbol(address: bigint): string | undefined;
  /**
   * Name of the BPF program that caused another one to run, by that one's kernel stack, the innermost address first, at a time
   * in nanoseconds since boot. Undefined if it is gone or hidden.
   */
  bpfCaller?(stack: readonly bigint[], time: bigint): string | undefined;
  /** Names of the environment variables that are shown. */
  readonly envNames: readonly string[];
  /** Node's name of the architecture: the numbers of some flags depend on it. */
  readonly arch: string;
}

function checkReading(nanoseconds: unknown, error: unknown): void {
  if (typeof nanoseconds !== 'bigint') throw mistake('offset', nanoseconds, 'a bigint');
  if (typeof error !== 'number') throw mistake('error', error, 'a number');
}

/** The difference of the two clocks, which changes only when the system's time is set: look again now and then. */
export class ClockOffset {
  seconds = 0;
  nanoseconds = 0;
  #offset = 0n;
  #error = 0;

  constructor(nanoseconds: bigint, error = 0) {
    this.set(nanoseconds, error);
  }

  /**
   * Takes a new measurement and its possible error, in nanoseconds. Ignores a change within the errors of both, because it
   * would disturb the order of times, unless the new error is much smaller.
   */
  follow(measured: { readonly offset: bigint; readonly error: number }): void {
    if (typeof measured !== 'object' || measured === null) throw mistake('measurement', measured, 'offset and error');
    const { offset, error } = measured;
    checkReading(offset, error);
    const change = Number(offset - this.#offset);
    if (Math.abs(change) > error + this.#error || 4 * error < this.#error) this.set(offset, error);
  }

  /** Nanoseconds between the clocks, and how far that may be off. */
  set(nanoseconds: bigint, error = 0): void {
    checkReading(nanoseconds, error);
    this.#offset = nanoseconds;
    this.#error = error;
    // Never a negative part of a second, also where the clock stands before 1970.
    this.nanoseconds = Number(((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n);
    this.seconds = Number((nanoseconds - BigInt(this.nanoseconds)) / 1_000_000_000n);
  }
}
