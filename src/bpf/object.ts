import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Btf, globalsOf, readBtfBytes } from '../btf/index.js';
import { NotFoundError } from '../errors.js';
import type { NativeObject } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { BpfError } from './errors.js';
import { BpfGlobal } from './global.js';
import { loadError } from './load-error.js';
import { logVerifier, withWarnings } from './log.js';
import { BpfMap } from './map.js';
import { mapShapes } from './map-shapes.js';
import { BpfProgram } from './program.js';

export interface OpenOptions {
  /** The object's name in messages; the file's name when left out. */
  name?: string;
  /** Relocate against this BTF (a raw file, or an ELF with .BTF) instead of the running kernel's. */
  btf?: string;
}

/** The members of a collection that messages name when one is asked for that is not there. */
class Named<T> extends Map<string, T> {
  readonly #what: string;

  constructor(what: string, entries: Iterable<[string, T]>) {
    super(entries);
    this.#what = what;
  }

  /** Like `get`, but throws NotFoundError with the names that there are. */
  need(name: string): T {
    const found = this.get(name);
    if (found === undefined) throw NotFoundError.among(this.#what, name, this.keys());
    return found;
  }
}

/**
 * A compiled BPF object. `open` only reads it: nothing depends on the machine, no rights are needed, and
 * sizes, constants and the choice of programs can still be changed. `load` takes it into the kernel.
 * Closing it closes the links of its programs, too.
 */
export class BpfObject {
  readonly name: string;
  /** The object's own BTF: the types of its source. */
  readonly btf: Btf;
  readonly maps: Named<BpfMap>;
  readonly programs: Named<BpfProgram>;
  readonly globals: Named<BpfGlobal>;
  readonly #native: NativeObject;
  readonly #typesFile: string | undefined;

  private constructor(native: NativeObject, name: string, bytes: Uint8Array, typesFile: string | undefined) {
    this.#native = native;
    this.#typesFile = typesFile;
    this.name = name;
    this.btf = Btf.parse(readBtfBytes(bytes));
    const shapes = mapShapes(this.btf);
    const none = { key: undefined, value: undefined };
    const maps = native.maps().map((info) => new BpfMap(native, info, shapes.get(info.name) ?? none));
    this.maps = new Named(
      'map',
      maps.map((map) => [map.name, map]),
    );
    const programs = native.programs().map((info) => new BpfProgram(native, info));
    this.programs = new Named(
      'program',
      programs.map((program) => [program.name, program]),
    );
    const globals = globalsOf(bytes, this.btf).map((variable) => new BpfGlobal(native, variable));
    this.globals = new Named(
      'global variable',
      globals.map((variable) => [variable.name, variable]),
    );
  }

  /**
   * Opens an object: a file's path, or its bytes. Throws the file system's error when the file can't be
   * read, BpfError when it is no BPF object, or a damaged one, and BtfError when its BTF is damaged.
   */
  static open(source: string | Uint8Array, options: OpenOptions = {}): BpfObject {
    const bytes = typeof source === 'string' ? readFileSync(source) : source;
    const file = typeof source === 'string' ? basename(source).replace(/\..*/, '') : 'object';
    const name = options.name ?? file;
    const open = () => loadBinding().openObject(bytes, name, options.btf ?? '');
    const [native, warnings] = withWarnings(open);
    if (typeof native === 'number') {
      const what = typeof source === 'string' ? source : name;
      throw new BpfError(`cannot open ${what}`, -native, { warnings });
    }
    try {
      return new BpfObject(native, name, bytes, options.btf);
    } catch (error) {
      native.close();
      throw error;
    }
  }

  /**
   * Loads maps and programs into the kernel, after relocating the programs to its types (CO-RE). Throws PrivilegeError,
   * VerifierError (a program, by the verifier), ProgramError (a program, otherwise), MapError, UnsupportedError (no BTF),
   * BtfError (no BTF in the file to relocate against) or BpfError. What libbpf warned of is its `cause`.
   */
  load(): void {
    const [result, warnings] = withWarnings(() => this.#native.load());
    if (result >= 0) return;
    const refusal = this.#native.refusedProgram();
    const known = typeof refusal === 'number' ? undefined : refusal;
    if (known) logVerifier(known.program, known.log);
    throw loadError({ name: this.name, errno: -result, refusal: known, warnings, btf: this.#typesFile });
  }

  /** Detaches and unloads everything. May be called more than once. */
  close(): void {
    for (const program of this.programs.values()) program.close();
    for (const map of this.maps.values()) map.close();
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
