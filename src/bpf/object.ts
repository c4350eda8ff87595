import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import {
  Btf,
  BtfError,
  checkObject,
  elfSections,
  type GlobalVariable,
  globalsOf,
  kconfigOf,
  lineOf,
  readBtfBytes,
  type TypedBtf,
} from '../btf/index.js';
import { UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import { checkBytes, shown } from '../mistake.js';
import type { NativeObject } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { readFile } from '../read-file.js';
import { checkBoolean, checkInteger, checkOptions, checkPath, checkText } from './arguments.js';
import type { AnyContents, NamedAs, NamedConstants, NamedGlobals, NamedMaps, ObjectContents } from './contents.js';
import { BpfError, check, UnsupportedError } from './errors.js';
import { BpfConstant, BpfGlobal, isConstant } from './global.js';
import { Lifetime } from './lifetime.js';
import { BpfLink } from './link.js';
import { checkTypesFile, isOfRefused, loadError, openHint } from './load-error.js';
import { logVerifier, withLog, withWarnings } from './log.js';
import { BpfMap } from './map.js';
import { checkPin } from './map-reuse.js';
import { type MapShapes, mapShapes } from './map-shapes.js';
import { Named } from './named.js';
import { OpenedMap } from './opened-map.js';
import { OpenedProgram } from './opened-program.js';
import { BpfProgram } from './program.js';
import { type Relocation, readRelocations } from './relocations.js';
import { type Requirements, requirementsOf } from './requirements.js';
import { KERNEL_BTF } from './vmlinux.js';

/** Options of BpfObject.open(). */
export interface OpenOptions {
  /** The object's name in messages (default: the file's). */
  name?: string;
  /** File with the BTF to relocate to: raw, or an ELF file with .BTF (default: the running kernel's). */
  btf?: string;
  /**
   * Files as trustworthy as this program: nothing, the object, or the object and `btf` (default: `nothing`). libbpf does
   * not survive all damaged files, so whatever else it reads is checked first, which takes some 15 ms.
   */
  trust?: 'nothing' | 'object' | 'all';
  /**
   * Folder in a BPF file system for the maps that declare `__uint(pinning, LIBBPF_PIN_BY_NAME)` (default: `/sys/fs/bpf`).
   * `load()` takes them from there or, where there are none, makes and pins them: see `OpenedMap.pinPath`.
   */
  pinRoot?: string;
  /**
   * Folder of a BPF file system that was mounted with `delegate_*` options for a user namespace: programs and maps are made
   * with a token of it, in place of capabilities. Linux 6.9, and a build with libbpf 1.5 (default: no token).
   */
  token?: string;
}

/** Options of OpenedObject.load(). */
export interface LoadOptions {
  /** Record which relocations were applied, which takes longer (default: false). */
  relocations?: boolean;
  /**
   * Verifier log to keep of programs that are accepted, as a sum: 1 for the number of instructions, 2 for each of them with
   * the registers, 4 for statistics (BPF_LOG_LEVEL1, BPF_LOG_LEVEL2 and BPF_LOG_STATS of include/linux/bpf_verifier.h)
   * (default: 0, none).
   */
  logLevel?: number;
  /**
   * Room for the verifier log of each program, in bytes, 128 at least; with a longer one the load fails, with `ENOSPC`
   * (default: 16 MiB).
   */
  logSize?: number;
}

/** The contents of an object's file. */
interface Contents {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly btf: Btf;
  readonly shapes: ReadonlyMap<string, MapShapes>;
  readonly variables: readonly GlobalVariable[];
  /** Variables of `__kconfig`, to which libbpf gives values when it loads the object. */
  readonly kconfig: readonly GlobalVariable[];
  /** OpenOptions.btf */
  readonly typesFile: string | undefined;
  readonly areTypesTrusted: boolean;
}

/** What the kernel accepts: include/linux/bpf_verifier.h, kernel/bpf/log.c. */
const [MOST_LEVEL, LEAST_LOG, MOST_LOG, DEFAULT_LOG] = [7, 128, 2 ** 30 - 1, 2 ** 24];

const UNTYPED: MapShapes = { key: undefined, value: undefined };
const { EINVAL } = ERRNO;
const NO_TOKENS = 'built with a libbpf before 1.5, which has no BPF tokens';
const TRUST: readonly unknown[] = ['nothing', 'object', 'all'];

/** A handle of something that was loaded; undefined if it was not. */
function openLoaded<T>(handle: T | number, what: string): T | undefined {
  return handle === -EINVAL ? undefined : check<T>(handle, `cannot open ${what}`);
}

/** Reads the object's bytes before libbpf sees them. */
function parse(bytes: Uint8Array, what: string, isTrusted: boolean): Pick<Contents, 'btf' | 'shapes' | 'variables'> {
  try {
    const btf = isTrusted ? Btf.parse(readBtfBytes(bytes)) : checkObject(bytes);
    return { btf, shapes: mapShapes(btf), variables: globalsOf(bytes, btf) };
  } catch (error) {
    if (!(error instanceof BtfError)) throw error;
    throw new BtfError(`cannot open ${what}: ${error.message}`, { cause: error });
  }
}

/** The variables of `.kconfig`. Only libbpf, which makes this section, knows where they are. */
function kconfigIn(native: NativeObject, btf: Btf): GlobalVariable[] {
  return btf.find('.kconfig', 'datasec') === undefined
    ? []
    : kconfigOf(Btf.parse(check(native.btf(), 'cannot read BTF')));
}

/**
 * A BPF object that is read, but not loaded: sizes of maps, variables and the choice of programs can be changed. Opening
 * does not involve the kernel and needs no privileges.
 */
export class OpenedObject<Known extends ObjectContents = AnyContents> {
  readonly name: string;
  /** The object's own BTF: the types of its source. Without types if the object has no BTF. */
  readonly btf: TypedBtf<Known>;
  readonly maps: NamedAs<OpenedMap, Known['maps']>;
  readonly programs: NamedAs<OpenedProgram, Known['programs']>;
  /** The variables of the C source, constants included, with their initial values. */
  readonly globals: NamedGlobals<Known['globals'] & Known['constants']>;
  /** The text of its section `license`, which decides on helpers that are GPL only; empty if it has none. */
  readonly license: string;
  /** The number of its section `version`, LINUX_VERSION_CODE, which kernels before 5.0 compare; undefined if it has none. */
  readonly kernelVersion: number | undefined;
  readonly #native: NativeObject;
  readonly #contents: Contents;
  readonly #lifetime = new Lifetime();

  /** @internal Made by `BpfObject.open()`. */
  constructor(native: NativeObject, contents: Contents) {
    this.#native = native;
    this.#contents = contents;
    this.name = contents.name;
    this.btf = contents.btf;
    const sections = elfSections(contents.bytes);
    const [license, version] = ['license', 'version'].map((name) => Buffer.from(sections.get(name)?.bytes ?? []));
    this.license = (license as Buffer).toString('latin1').replace(/\0.*$/s, '');
    this.kernelVersion = (version as Buffer).length < 4 ? undefined : (version as Buffer).readUInt32LE();
    const hasType = (map: string) => contents.shapes.get(map)?.value !== undefined;
    const maps = native.maps().map((info) => new OpenedMap(native, this.#lifetime, info, hasType(info.name)));
    this.maps = new Named('map', maps);
    const programs = native.programs().map((info) => new OpenedProgram(native, this.#lifetime, info));
    this.programs = new Named('program', programs);
    const globals = contents.variables.map((variable) => new BpfGlobal(native, this.#lifetime, variable));
    const known = contents.kconfig.map(({ name }) => [name, `${name} has no value before load()`] as const);
    this.globals = new Named('global variable', globals, new Map(known));
  }

  /**
   * Relocates the programs to the kernel's types (CO-RE), and loads them and the maps into the kernel. The opened object
   * is consumed, also by a load that fails: any later use of it throws ClosedError, and `close()` does nothing.
   *
   * Throws VerifierError or ProgramError for a program that was rejected by the verifier or otherwise, MapError,
   * PrivilegeError, UnsupportedError (no kernel BTF), BtfError (no BTF in the file to relocate to) or BpfError, which also
   * says why a map can't be pinned or a pinned one does not fit. The warnings of libbpf are the `cause`.
   */
  load(options: LoadOptions = {}): BpfObject<Known> {
    this.#lifetime.check();
    checkOptions(options, ['relocations', 'logLevel', 'logSize']);
    const { relocations = false, logLevel = 0, logSize = DEFAULT_LOG } = options;
    checkBoolean('relocations', relocations);
    checkInteger('logLevel', logLevel, 0, MOST_LEVEL);
    checkInteger('logSize', logSize, LEAST_LOG, MOST_LOG);
    // First, because the listener to libbpf's log may do anything.
    this.#lifetime.end(`the object ${this.name} was consumed by load(): use the object that load() returned`);
    const native = this.#native;
    try {
      const { name, typesFile, areTypesTrusted } = this.#contents;
      if (typesFile !== undefined && !areTypesTrusted) checkTypesFile(name, typesFile);
      const maps: ReadonlyMap<string, OpenedMap> = this.maps;
      for (const map of maps.values()) checkPin(map, `cannot load ${name}`);
      // With statistics alone, a refusal would have no reason.
      check(native.setVerifierLog(logLevel === 0 ? 0 : logLevel | 1, logSize), `cannot load ${name}`);
      const load = () => withWarnings(() => native.load());
      const [[result, warnings], log] = relocations ? withLog(load) : [load(), ''];
      if (result < 0) throw this.#failure(-result, warnings, logSize);
      return new BpfObject(native, this.#contents, maps, this.programs, readRelocations(log), logLevel > 0);
    } catch (error) {
      native.close();
      throw error;
    }
  }

  #failure(errno: number, warnings: string, room: number): Error {
    const refusal = this.#native.refusedProgram();
    const known = typeof refusal !== 'number' && isOfRefused(refusal, warnings) ? refusal : undefined;
    if (known) logVerifier(known.program, known.log);
    const { bytes, btf, typesFile } = this.#contents;
    const findLine = (program: string) => (instruction: number, text: string | undefined) =>
      lineOf(bytes, btf, program, instruction, text);
    const maps: ReadonlyMap<string, OpenedMap> = this.maps;
    const { name, programs } = this;
    return loadError({ name, errno, refusal: known, warnings, findLine, btf: typesFile, room, maps, programs });
  }

  /**
   * Helpers and kernel functions that the programs call, and whether the kernel has them: the one whose BTF the object is
   * relocated to. A missing function need not be fatal, for a program may test for it before. Throws BtfError if that BTF
   * is damaged.
   */
  requirements(): Requirements {
    this.#lifetime.check();
    const { bytes, typesFile = existsSync(KERNEL_BTF) ? KERNEL_BTF : undefined } = this.#contents;
    return requirementsOf(bytes, typesFile);
  }

  /** Closes an object that was not loaded. Idempotent. */
  close(): void {
    if (this.#lifetime.isEnded) return;
    this.#lifetime.end(`the object ${this.name} is closed`);
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * A loaded BPF object. Its maps, programs and links each have a descriptor of their own, and any of them that is in use
 * keeps all the others from being collected. `close()` closes all of them.
 */
export class BpfObject<Known extends ObjectContents = AnyContents> {
  readonly name: string;
  /** The object's own BTF: the types of its source. Without types if the object has no BTF. */
  readonly btf: TypedBtf<Known>;
  readonly maps: NamedMaps<Known['maps']>;
  /** The programs that were loaded. */
  readonly programs: NamedAs<BpfProgram, Known['programs']>;
  /** The variables of the C source that are not constant, live. */
  readonly globals: NamedGlobals<Known['globals']>;
  /** The constants of the C source: `const volatile`, set before load, and `extern ... __kconfig`, of the kernel. */
  readonly constants: NamedConstants<Known['constants']>;
  /** Relocations to the kernel's types, with `LoadOptions.relocations`; otherwise empty. */
  readonly relocations: readonly Relocation[];
  /** What the verifier logged of each program, by its name, with `LoadOptions.logLevel`; otherwise empty. */
  readonly verifierLogs: ReadonlyMap<string, string>;
  readonly #native: NativeObject;
  readonly #lifetime = new Lifetime();

  /** @internal Made by `OpenedObject.load()`, from the maps and programs that it has. */
  constructor(
    native: NativeObject,
    { name, btf, shapes, variables, kconfig }: Contents,
    maps: ReadonlyMap<string, OpenedMap>,
    programs: ReadonlyMap<string, OpenedProgram>,
    relocations: readonly Relocation[],
    isLogged: boolean,
  ) {
    const lifetime = this.#lifetime;
    this.#native = native;
    this.name = name;
    this.btf = btf;
    this.relocations = relocations;
    const openMap = ({ name: map, pinPath }: OpenedMap) => {
      const handle = openLoaded(native.openMap(map), `the map ${map}`);
      return handle && lifetime.add(new BpfMap(handle, lifetime, map, shapes.get(map) ?? UNTYPED, pinPath));
    };
    const openProgram = (info: OpenedProgram) => {
      const handle = openLoaded(native.openProgram(info.name), `the program ${info.name}`);
      return handle && lifetime.add(new BpfProgram(handle, lifetime, info));
    };
    try {
      this.maps = Named.loaded('map', [...maps.values()].map(openMap), maps.keys());
      this.programs = Named.loaded('program', [...programs.values()].map(openProgram), programs.keys());
    } catch (error) {
      this.close();
      throw error;
    }
    const names = isLogged ? [...this.programs.keys()] : [];
    this.verifierLogs = new Map(names.map((program) => [program, native.programLog(program)]));
    const globals = variables.filter((variable) => !isConstant(variable));
    const constants = [...variables.filter(isConstant), ...kconfig];
    this.globals = new Named(
      'global variable',
      globals.map((variable) => new BpfGlobal(native, lifetime, variable)),
      new Map(constants.map((constant) => [constant.name, `${constant.name} is a constant, not a global variable`])),
    );
    this.constants = new Named(
      'constant',
      constants.map((constant) => new BpfConstant(native, lifetime, constant)),
    );
  }

  /**
   * Opens an object: the path of a file, or its bytes. All that libbpf reads of it is checked first. Throws the file
   * system's error if the file can't be read, BtfError if it is not a BPF object, or its ELF file or BTF is damaged,
   * BpfError if libbpf refuses it otherwise, UnsupportedError for a token that libbpf can't use, and UsageError for wrong
   * arguments.
   */
  static open<Known extends ObjectContents = AnyContents>(
    source: string | Uint8Array,
    options: OpenOptions = {},
  ): OpenedObject<Known> {
    checkOptions(options, ['name', 'btf', 'trust', 'pinRoot', 'token']);
    if (options.name !== undefined) checkText('name', options.name);
    const { trust = 'nothing', token = '' } = options;
    checkText('token', token);
    if (!TRUST.includes(trust)) throw new UsageError(`trust ${shown(trust)}: expected ${TRUST.join(', ')}`);
    // Empty is libbpf's name for the running kernel, and for the usual root.
    for (const path of ['btf', 'pinRoot'] as const) if (options[path] !== undefined) checkPath(path, options[path]);
    if (typeof source === 'string') checkText('path', source);
    else checkBytes('source', source);
    const bytes = typeof source === 'string' ? readFile(source) : source;
    const file = typeof source === 'string' ? basename(source).replace(/\..*/, '') : 'object';
    const name = options.name ?? file;
    const what = typeof source === 'string' ? source : name;
    const parsed = parse(bytes, what, trust !== 'nothing');
    const pinRoot = options.pinRoot === undefined ? '' : resolve(options.pinRoot);
    const open = () => loadBinding().openObject(bytes, name, options.btf ?? '', pinRoot, token);
    const [native, warnings] = withWarnings(open);
    if (native === -ERRNO.ENOSYS && token !== '') throw new UnsupportedError(`cannot open ${what}: ${NO_TOKENS}`);
    if (typeof native === 'number')
      throw new BpfError(`cannot open ${what}`, -native, { warnings, hint: openHint(warnings) });
    try {
      return new OpenedObject(native, {
        ...parsed,
        name,
        bytes,
        kconfig: kconfigIn(native, parsed.btf),
        typesFile: options.btf,
        areTypesTrusted: trust === 'all',
      });
    } catch (error) {
      native.close();
      throw error;
    }
  }

  /**
   * Registers the operations of a struct_ops map, such as a TCP congestion control, until the link is closed. Kernel 5.6.
   * Throws NotFoundError if there is no such map, and BpfError if the kernel refuses.
   */
  attachStructOps(name: string): BpfLink {
    this.#lifetime.check();
    const maps: unknown = this.maps;
    const map = (maps as Named<BpfMap>).need(name);
    const where = `struct_ops ${name}`;
    const [link, warnings] = withWarnings(() => this.#native.attachStructOps(map.name));
    if (typeof link === 'number') throw new BpfError(`cannot attach ${where}`, -link, { warnings });
    const forget = (closed: BpfLink) => this.#lifetime.delete(closed);
    return this.#lifetime.add(
      new BpfLink(link, this.#lifetime, { what: `the link of ${where}`, where, programId: 0, forget }),
    );
  }

  /** Closes all links, programs, maps and the object itself: everything is detached and unloaded. Idempotent. */
  close(): void {
    this.#lifetime.end(`the object ${this.name} is closed`);
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
