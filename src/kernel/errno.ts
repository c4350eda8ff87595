import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** What only the kernel itself uses, yet shows to a tracer (include/linux/errno.h). */
const KERNEL_ONLY: Record<number, string> = {
  512: 'ERESTARTSYS',
  513: 'ERESTARTNOINTR',
  514: 'ERESTARTNOHAND',
  515: 'ENOIOCTLCMD',
  516: 'ERESTART_RESTARTBLOCK',
  517: 'EPROBE_DEFER',
  518: 'EOPENSTALE',
  519: 'ENOPARAM',
  521: 'EBADHANDLE',
  524: 'ENOTSUPP',
  530: 'EIOCBQUEUED',
};

/** What neither os.constants nor libuv names (include/uapi/asm-generic/errno.h). */
const MORE: Record<number, string> = {
  15: 'ENOTBLK',
  44: 'ECHRNG',
  50: 'ENOCSI',
  51: 'EL2HLT',
  56: 'EBADRQC',
  64: 'ENONET',
  65: 'ENOPKG',
  66: 'EREMOTE',
  68: 'EADV',
  69: 'ESRMNT',
  70: 'ECOMM',
  73: 'EDOTDOT',
  76: 'ENOTUNIQ',
  77: 'EBADFD',
  78: 'EREMCHG',
  85: 'ERESTART',
  86: 'ESTRPIPE',
  87: 'EUSERS',
  108: 'ESHUTDOWN',
  117: 'EUCLEAN',
  121: 'EREMOTEIO',
  123: 'ENOMEDIUM',
  124: 'EMEDIUMTYPE',
  126: 'ENOKEY',
  127: 'EKEYEXPIRED',
  128: 'EKEYREVOKED',
  129: 'EKEYREJECTED',
  130: 'EOWNERDEAD',
  131: 'ENOTRECOVERABLE',
  132: 'ERFKILL',
  133: 'EHWPOISON',
};

const names = new Map<number, string>();
for (const table of [KERNEL_ONLY, MORE]) {
  for (const [number, name] of Object.entries(table)) names.set(Number(number), name);
}
for (const [name, number] of Object.entries(constants.errno)) if (!names.has(number)) names.set(number, name);

/** The name of a positive errno, such as `ENOENT` for 2; the number itself where it has no name. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? String(errno);
}

/** What a person reads: `no such file or directory (ENOENT)`. */
export function errnoText(errno: number): string {
  const text = getSystemErrorMap().get(-errno)?.[1];
  return text === undefined ? errnoName(errno) : `${text} (${errnoName(errno)})`;
}
