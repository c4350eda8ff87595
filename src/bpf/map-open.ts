/** Maps that are no object's. */
import { UsageError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import { shown } from '../mistake.js';
import type { NativeMap } from '../native/binding.js';
import { loadBinding } from '../native/load.js';
import { checkInstance, checkInteger, checkOptions, checkText } from './arguments.js';
import { MapError, NETWORKING, refused } from './errors.js';
import { withWarnings } from './log.js';
import { MAP_FLAGS } from './map-flags.js';
import { mapHint } from './map-hint.js';
import type { HasDescriptor } from './map-memory.js';
import {
  HAS_NO_KEYS,
  HOLDS_DESCRIPTORS,
  HOLDS_MAPS,
  IS_STORAGE,
  MAP_TYPE,
  type MapType,
  NETWORK_MAPS,
} from './map-type.js';

/** Properties of a map that `BpfMap.create()` makes. */
export interface MapOptions {
  type: MapType;
  /** For bpftool and the like: up to 15 letters, digits, `_` and `.` (default: none). */
  name?: string;
  /** In bytes (default: 4; 0 for the types that have no keys). */
  keySize?: number;
  /** In bytes (default: 4 for a map of descriptors or of maps; 0). */
  valueSize?: number;
  /** For a ring buffer, its size in bytes (default: 0, which only storages may have). */
  maxEntries?: number;
  /** `MAP_FLAGS`, with `|` (default: NO_PREALLOC for an LPM trie and for storages, which must have it; 0). */
  flags?: number;
  /** The template of the maps that an array or hash of maps takes: type, sizes and flags. It may be closed afterwards. */
  innerMap?: HasDescriptor;
}

const { EPERM } = ERRNO;
const MOST_NAME = 15;

export function createMap(options: MapOptions): NativeMap {
  checkOptions(options, ['type', 'name', 'keySize', 'valueSize', 'maxEntries', 'flags', 'innerMap']);
  const { type, name = '', innerMap } = options;
  if (typeof type !== 'string' || !Object.hasOwn(MAP_TYPE, type))
    throw new UsageError(`type: no type of maps ${shown(type)}`);
  if (type === 'struct_ops') throw new UsageError('type: a map of type struct_ops is made by its object only');
  checkText('name', name);
  if (!/^[\w.]*$/.test(name) || name.length > MOST_NAME)
    throw new UsageError(`name: ${name} is not up to ${MOST_NAME} letters, digits, _ and .`);
  const hasDefaultFlags = type === 'lpm_trie' || IS_STORAGE.has(type);
  const { keySize = HAS_NO_KEYS.has(type) ? 0 : 4, valueSize = HOLDS_DESCRIPTORS.has(type) ? 4 : 0 } = options;
  const { maxEntries = 0, flags = hasDefaultFlags ? MAP_FLAGS.NO_PREALLOC : 0 } = options;
  for (const [what, size] of Object.entries({ keySize, valueSize, maxEntries, flags })) checkInteger(what, size);
  if (HOLDS_MAPS.has(type) && innerMap === undefined)
    throw new UsageError(`innerMap: a map of type ${type} needs a template of its inner maps`);
  if (innerMap !== undefined) checkInstance('innerMap', innerMap, Object);
  const inner = innerMap?.fd ?? -1;
  checkInteger('innerMap.fd', inner, innerMap === undefined ? -1 : 0, 2 ** 31 - 1);
  const make = () =>
    loadBinding().createMap(MAP_TYPE[type], name, keySize, valueSize, maxEntries, flags, inner, IS_STORAGE.has(type));
  const [result, warnings] = withWarnings(make);
  if (typeof result !== 'number') return result;
  const what = `cannot make a map of type ${type}, of ${maxEntries} entries of ${keySize} + ${valueSize} bytes`;
  if (result === -EPERM) throw refused(what, EPERM, NETWORK_MAPS.has(type) ? NETWORKING : undefined);
  const hint = mapHint({ type, keySize, valueSize, maxEntries, flags }, -result);
  throw new MapError(what, name || '(no name)', -result, warnings, hint);
}
