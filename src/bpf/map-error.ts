import { ERRNO } from '../kernel/errno.js';
import { BpfError, refused, UnsupportedError } from './errors.js';
import { IS_FIXED, IS_INDEXED, type MapType } from './map-type.js';

const { EPERM, E2BIG, EINVAL, ENOSPC, EOPNOTSUPP, ENOTSUPP } = ERRNO;

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
  if (errno === ENOSPC && (type === 'sockmap' || type === 'sockhash'))
    return whole(`${what}: it needs values of 8 bytes, for the cookies of its sockets (ENOSPC)`, errno);
  if (errno === EINVAL && operation === 'delete from' && IS_FIXED.has(type))
    return whole(`${what}: the entries of an array always exist (EINVAL)`, errno);
  if (errno === EINVAL && operation.startsWith('lock '))
    return whole(`${what}: its values have no bpf_spin_lock (EINVAL)`, errno);
  if (errno === EINVAL && type === 'lpm_trie')
    return new BpfError(what, errno, { hint: `the prefix has ${8 * (map.keySize - PREFIX_LENGTH)} bits at most` });
  if (errno === EPERM && map.isFrozen) return whole(`${what}: it is frozen (EPERM)`, errno);
  return refused(what, errno);
}
