import { loadBinding } from '../native/load.js';
import { loadedPrograms } from './kernel-objects.js';
import { wholeName } from './program-code.js';
import type { ProgramInfo } from './program-info.js';
import { bootTime } from './system.js';

/** Nanoseconds until memory may be another program's, and until a program that is gone is forgotten. */
const KNOWN_NS = 1_000_000_000n;

const isIn = (address: bigint, code: ProgramInfo['functions'][number]) =>
  code.address <= address && address < code.address + BigInt(code.size);

/** Its whole name, while it is loaded. */
function wholeNameOf({ id, name }: ProgramInfo): string {
  const native = loadBinding().openProgramById(id);
  if (typeof native === 'number') return name;
  try {
    return wholeName(native, name);
  } catch {
    return name;
  } finally {
    native.close();
  }
}

/** What is loaded; for tests. */
const KERNEL = { list: (): Iterable<ProgramInfo> => loadedPrograms(), nameOf: wholeNameOf, now: bootTime };

/** Names programs by addresses in their machine code. Without CAP_SYS_ADMIN, none is found. */
export class ProgramAddresses {
  readonly #kernel: typeof KERNEL;
  /** Those of the last list, and those that were gone then, since when. */
  #programs: readonly ProgramInfo[] = [];
  #gone: readonly { readonly program: ProgramInfo; readonly since: bigint }[] = [];
  /** Programs by address, the last one first. */
  readonly #found = new Map<bigint, readonly ProgramInfo[]>();
  /** By id, which no other program gets. */
  readonly #names = new Map<number, string>();
  #listedAt: bigint | undefined;

  constructor(kernel = KERNEL) {
    this.#kernel = kernel;
  }

  /**
   * The name of the program that caused another one to run, the second on that one's stack: addresses, the innermost first.
   * `time` is when, in nanoseconds since boot. Undefined if it is not known.
   */
  callerOf(stack: readonly bigint[], time: bigint): string | undefined {
    const now = this.#kernel.now();
    if (this.#listedAt === undefined || now - this.#listedAt > KNOWN_NS) this.#refresh(now);
    const found = this.#callerOf(stack, time);
    // What was loaded before the list is in it; and where addresses are hidden, no list has any.
    const isHidden = this.#programs.every(({ functions }) => functions.length === 0);
    if (found !== undefined || isHidden || time < (this.#listedAt ?? 0n)) return found;
    this.#refresh(now);
    return this.#callerOf(stack, time);
  }

  #callerOf(stack: readonly bigint[], time: bigint): string | undefined {
    let innermost: number | undefined;
    for (const address of stack) {
      const program = this.#find(address, time);
      innermost ??= program?.id;
      if (program !== undefined && program.id !== innermost) return this.#nameOf(program);
    }
    return undefined;
  }

  /** Memory of a program that is gone is used again: the last one that was loaded before the event is the one. */
  #find(address: bigint, time: bigint): ProgramInfo | undefined {
    let found = this.#found.get(address);
    if (!found) {
      found = [...this.#programs, ...this.#gone.map(({ program }) => program)]
        .filter(({ functions }) => functions.some((code) => isIn(address, code)))
        .sort((a, b) => Number(b.loadTime - a.loadTime));
      this.#found.set(address, found);
    }
    return found.find(({ loadTime }) => loadTime <= time);
  }

  #nameOf(program: ProgramInfo): string {
    let name = this.#names.get(program.id);
    if (name === undefined) {
      name = this.#kernel.nameOf(program);
      this.#names.set(program.id, name);
    }
    return name;
  }

  #refresh(now: bigint): void {
    const before = this.#programs;
    try {
      this.#programs = [...this.#kernel.list()];
    } catch {
      this.#programs = [];
    }
    const ids = new Set(this.#programs.map(({ id }) => id));
    const left = before.filter(({ id }) => !ids.has(id)).map((program) => ({ program, since: now }));
    this.#gone = [...this.#gone.filter(({ since }) => now - since <= KNOWN_NS), ...left];
    this.#found.clear();
    this.#listedAt = now;
  }
}
