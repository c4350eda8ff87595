/** Maps that exist already, in the place of those that an object declares. */
import { ERRNO } from '../kernel/errno.js';
import { loadBinding } from '../native/load.js';
import { BpfError, check } from './errors.js';
import { mapTypeOf } from './map-type.js';
import { isPinnable, pinError } from './pin.js';

const { EINVAL, ENOENT } = ERRNO;

/** A map as declared, or as it is. */
interface Form {
  readonly type: string;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
}

interface Declared extends Form {
  readonly name: string;
  readonly pinPath: string | undefined;
}

const MEMBERS = ['type', 'keySize', 'valueSize', 'maxEntries', 'flags'] as const satisfies readonly (keyof Form)[];

/** The first member that differs, in words; undefined if the map fits. */
export function misfit(declared: Form, found: Form): string | undefined {
  const differing = MEMBERS.find(
    // libbpf fills in the entries of a perf event array: the number of CPUs.
    (member) => declared[member] !== found[member] && !(member === 'maxEntries' && declared.maxEntries === 0),
  );
  return differing && `its ${differing} is ${found[differing]}, declared is ${declared[differing]}`;
}

/** Throws BpfError unless libbpf can pin the map, or use what is pinned: it does not say which member differs. */
export function checkPin(declared: Declared, operation: string): void {
  const { name, pinPath } = declared;
  if (pinPath === undefined) return;
  if (!isPinnable(pinPath)) throw pinError(`${operation}: cannot pin the map ${name} to ${pinPath}`, pinPath, EINVAL);
  const pinned = loadBinding().openPinnedMap(pinPath);
  if (pinned === -ENOENT) return;
  const fail = (why: string) =>
    new BpfError(`${operation}: cannot use what is pinned at ${pinPath} as the map ${name}: ${why}`, EINVAL, {
      isWhole: true,
    });
  if (pinned === -EINVAL) throw fail('it is not a map');
  if (typeof pinned === 'number')
    throw pinError(`${operation}: cannot open the map pinned at ${pinPath}`, pinPath, -pinned);
  const info = pinned.info();
  pinned.close();
  const { type, ...sizes } = check(info, `cannot read the description of the map pinned at ${pinPath}`);
  const difference = misfit(declared, { ...sizes, type: mapTypeOf(type) });
  if (difference !== undefined) throw fail(difference);
}
