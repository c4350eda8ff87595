import { loadBinding } from '../native/load.js';
import { loadedPrograms } from './kernel-objects.js';
import { wholeName } from './program-code.js';
import type { ProgramInfo } from './program-info.js';

/**
 * Milliseconds until the programs are listed again. The memory of a program that was found may be another's by then; one that
 * was not found may be new.
 */
const [FOUND_MS, MISSED_MS] = [1000, 50] as const;

const isIn = (address: bigint, code: ProgramInfo['functions'][number]) =>
  code.address <= address && address < code.address + BigInt(code.size);

/** Its whole name, while it is loaded. */
function nameOf({ id, name }: ProgramInfo): string {
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

/** Names programs by addresses in their machine code. Without CAP_SYS_ADMIN, none is found. */
export class ProgramAddresses {
  readonly #list: () => Iterable<ProgramInfo>;
  readonly #named: (program: ProgramInfo) => string;
  /** The last list, and the one before: a program may be gone when its event is read. */
  #programs: ProgramInfo[] = [];
  #before: ProgramInfo[] = [];
  /** Programs by address, the last one first. */
  readonly #found = new Map<bigint, readonly ProgramInfo[]>();
  /** By id, which no other program gets. */
  readonly #names = new Map<number, string>();
  #listedAt = Number.NEGATIVE_INFINITY;

  constructor(list: () => Iterable<ProgramInfo> = loadedPrograms, named = nameOf) {
    this.#list = list;
    this.#named = named;
  }

  /**
   * The name of the program that caused another one to run, the second on that one's stack: addresses, the innermost first.
   * `time` is when, in nanoseconds since boot. Undefined if it is not known.
   */
  callerOf(stack: readonly bigint[], time: bigint): string | undefined {
    if (this.#age() > FOUND_MS) this.#refresh();
    const found = this.#callerOf(stack, time);
    if (found !== undefined || this.#age() <= MISSED_MS) return found;
    this.#refresh();
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

  #age(): number {
    return performance.now() - this.#listedAt;
  }

  /** Memory of a program that is gone is used again: the last one that was loaded before the event is the one. */
  #find(address: bigint, time: bigint): ProgramInfo | undefined {
    let found = this.#found.get(address);
    if (!found) {
      found = [...this.#programs, ...this.#before]
        .filter(({ functions }) => functions.some((code) => isIn(address, code)))
        .sort((a, b) => Number(b.loadTime - a.loadTime));
      this.#found.set(address, found);
    }
    return found.find(({ loadTime }) => loadTime <= time);
  }

  #nameOf(program: ProgramInfo): string {
    let name = this.#names.get(program.id);
    if (name === undefined) {
      name = this.#named(program);
      this.#names.set(program.id, name);
    }
    return name;
  }

  #refresh(): void {
    this.#before = this.#programs;
    this.#found.clear();
    this.#listedAt = performance.now();
    try {
      this.#programs = [...this.#list()];
    } catch {
      this.#programs = [];
    }
  }
}
