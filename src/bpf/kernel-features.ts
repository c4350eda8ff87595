import { suggestion } from '../closest.js';
import { UsageError } from '../errors.js';
import { missingCapabilities } from '../kernel/capabilities.js';
import { ERRNO } from '../kernel/errno.js';
import { shown } from '../mistake.js';
import { loadBinding } from '../native/load.js';
import { checkText } from './arguments.js';
import { PrivilegeError, refused, UnsupportedError } from './errors.js';
import { helperNames, helperNumber } from './helper-list.js';
import { withWarnings } from './log.js';
import { MAP_TYPE, type MapType } from './map-type.js';
import { PROGRAM_TYPES, type ProgramType } from './program-type.js';

/** Kinds of features, as the addon numbers them. */
const [PROGRAM, MAP, HELPER] = [0, 1, 2] as const;

/**
 * Types of all kinds need these; without them the kernel refuses what it has. CAP_SYS_ADMIN stands in for all of them in
 * bpf(2).
 */
const NEEDED = ['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN'] as const;

/** Answers of the kernel, which stay the same. */
const answers = new Map<string, boolean>();

function probe(what: string, kind: number, number: number, helper = 0): boolean {
  const key = `${kind} ${number} ${helper}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const isAdmin = missingCapabilities(['CAP_SYS_ADMIN']).length === 0;
  const missing = isAdmin ? [] : missingCapabilities(NEEDED);
  if (missing.length > 0) throw new PrivilegeError(`cannot probe for ${what}`, ERRNO.EPERM, missing);
  // The kernel's refusals are answers here, and no warnings.
  const [result] = withWarnings(() => loadBinding().probeFeature(kind, number, helper));
  if (result === -ERRNO.EOPNOTSUPP)
    throw new UnsupportedError(`cannot probe for ${what}: this libbpf has no probe for it`);
  if (result < 0) throw refused(`cannot probe for ${what}`, -result, NEEDED);
  answers.set(key, result === 1);
  return result === 1;
}

function programTypeNumber(type: ProgramType): number {
  const number = PROGRAM_TYPES.indexOf(type);
  if (number < 1) throw new UsageError(`type ${shown(type)}: expected ${PROGRAM_TYPES.slice(1).join(', ')}`);
  return number;
}

/**
 * Whether the kernel has this type of program: a small one is loaded. `tracing` is tried as tp_btf; `ext` and `lsm` by
 * libbpf on a function, which the kernel may refuse for reasons of its own. Needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN:
 * throws PrivilegeError without them. Throws UnsupportedError for a type that libbpf has no probe for.
 */
export function hasProgramType(type: ProgramType): boolean {
  return probe(`programs of type ${type}`, PROGRAM, programTypeNumber(type));
}

/** Whether the kernel has this type of map: a small one is made. Throws as `hasProgramType()` does. */
export function hasMapType(type: MapType): boolean {
  if (typeof type !== 'string' || !Object.hasOwn(MAP_TYPE, type))
    throw new UsageError(`type ${shown(type)}: expected ${Object.keys(MAP_TYPE).join(', ')}`);
  return probe(`maps of type ${type}`, MAP, MAP_TYPE[type]);
}

/**
 * Whether the kernel has a helper function, such as `bpf_loop`, for programs of a type: a program that calls it is loaded.
 * Functions since Linux 6.3 are kfuncs, and no helpers: see `OpenedObject.requirements()`. Throws as `hasProgramType()`
 * does, UsageError for a name that is no helper's, and UnsupportedError for programs of type `ext` and `struct_ops`, which
 * have the helpers of what they stand for.
 */
export function hasHelper(name: string, type: ProgramType): boolean {
  checkText('name', name);
  const helper = helperNumber(name);
  if (helper === undefined)
    throw new UsageError(
      `name ${shown(name)}: no helper function of Linux up to 6.2${suggestion(name, helperNames())}`,
    );
  return probe(`${name} in programs of type ${type}`, HELPER, programTypeNumber(type), helper);
}
