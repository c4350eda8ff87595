import { ERRNO } from '../kernel/errno.js';
import { BpfError, refused, UnsupportedError } from './errors.js';
import { HOLDS_SOCKETS, IS_FIXED, IS_INDEXED, type MapType } from './map-type.js';

const { EPERM, E2BIG, EBUSY, EEXIST, EINVAL, ENOENT, ENOSPC, EOPNOTSUPP, ENOTSUPP } = ERRNO;

/** Bytes of the length that begins the key of an LPM trie. */
const PREFIX_LENGTH = 4;

/** Whether a type of map does not have the operation. */
export const isLacking = (errno: number): boolean => errno === ENOTSUPP || errno === EOPNOTSUPP;

interface Subject {
  readonly name: string;
  readonly type: MapType | 'unknown';
  readonly keySize: number;
  readonly maxEntries: number;
  readonly isFrozen: boolean;
}

const SAME = 'a map like the template: of its type, sizes and flags, and if it is an array of as many entries';
/** What a descriptor has to be of. */
const DESCRIPTORS: Partial<Record<Subject['type'], string>> = {
  prog_array: 'a program of the same type as those that use the map or are in it',
  array_of_maps: SAME,
  hash_of_maps: SAME,
};

const whole = (message: string, errno: number) => new BpfError(message, errno, { isWhole: true });

/** The error of a refused operation, such as `write to`, on the elements of a map. */
export function mapError(map: Subject, errno: number, operation: string): Error {
  const { name, type, maxEntries } = map;
  const what = `cannot ${operation} the map ${name}`;
  if (errno === EOPNOTSUPP && operation === 'write to')
    return whole(`${what}: a map of type ${type} does not take such a socket (EOPNOTSUPP)`, errno);
  if (isLacking(errno)) return new UnsupportedError(`${what}: this kernel has no such operation for the type ${type}`);
  if (errno === E2BIG && IS_INDEXED.has(type) && type !== 'devmap_hash')
    return whole(`${what}: the index is not below max_entries, ${maxEntries} (E2BIG)`, errno);
  if (errno === E2BIG) return whole(`the map ${name} is full: its max_entries is ${maxEntries} (E2BIG)`, errno);
  if (errno === ENOSPC && type === 'lpm_trie')
    return whole(`the map ${name} is full: its max_entries is ${maxEntries} (ENOSPC)`, errno);
  if (errno === ENOSPC && HOLDS_SOCKETS.has(type))
    return whole(`${what}: it needs values of 8 bytes, for the cookies of its sockets (ENOSPC)`, errno);
  if (errno === EINVAL && operation === 'delete from' && IS_FIXED.has(type))
    return whole(`${what}: the entries of an array always exist (EINVAL)`, errno);
  if (errno === EINVAL && operation.startsWith('lock '))
    return whole(`${what}: its values have no bpf_spin_lock (EINVAL)`, errno);
  if (errno === EINVAL && type === 'lpm_trie')
    return new BpfError(what, errno, { hint: `the prefix has ${8 * (map.keySize - PREFIX_LENGTH)} bits at most` });
  const isWritten = operation.endsWith('write to');
  if (errno === EEXIST && isWritten) return whole(`${what}: it has such a key already (EEXIST)`, errno);
  if (errno === ENOENT && isWritten) return whole(`${what}: it has no such key (ENOENT)`, errno);
  if (errno === EINVAL && isWritten && type in DESCRIPTORS)
    return new BpfError(what, errno, { hint: `is the value ${DESCRIPTORS[type]}?` });
  if (errno === EPERM && map.isFrozen) return whole(`${what}: it is frozen (EPERM)`, errno);
  // Older kernels refuse a map that is frozen already in this way, newer ones by EPERM.
  if (errno === EBUSY && operation === 'freeze')
    return whole(`${what}: ${map.isFrozen ? 'it is frozen' : 'its memory is mapped'} (EBUSY)`, errno);
  return refused(what, errno);
}
