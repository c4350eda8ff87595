/** Opening what is loaded already, by its id or its pin. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { NotFoundError } from '../errors.js';
import { ERRNO } from '../kernel/errno.js';
import { checkInteger, checkPath } from './arguments.js';
import { BpfError, check } from './errors.js';
import { pinError } from './pin.js';

const { EINVAL, ENOENT } = ERRNO;

/** `open` returns a negated errno if it fails. */
export function openById<Native>(kind: string, id: number, open: (id: number) => Native | number): Native {
  checkInteger('id', id, 1);
  const result = open(id);
  if (result === -ENOENT) throw new NotFoundError(kind, String(id), `no ${kind} has the id ${id}`);
  return check<Native>(result, `cannot open the ${kind} with the id ${id}`, ['CAP_SYS_ADMIN']);
}

/** `open` returns a negated errno if it fails: `EINVAL` if something of another kind is pinned there. */
export function openPinned<Native>(kind: string, path: string, open: (path: string) => Native | number): Native {
  checkPath('path', path);
  const result = open(path);
  if (typeof result !== 'number') return result;
  if (result === -ENOENT && existsSync(dirname(path)))
    throw new NotFoundError('pin', path, `nothing is pinned at ${path}`);
  if (result === -EINVAL)
    throw new BpfError(`cannot open ${path}: what is pinned there is not a ${kind}`, EINVAL, { isWhole: true });
  throw pinError(`cannot open the ${kind} pinned at ${path}`, path, -result);
}
