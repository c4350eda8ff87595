import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** Internal to the kernel, but visible to tracers (include/linux/errno.h). */
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

/** Numbers of errors by name, also of ENOTSUPP, which the kernel's BPF code returns and no C library knows. */
export const ERRNO = { ...constants.errno, ENOTSUPP: 524 } as const;

/** Missing in os.constants, or named differently than in the kernel (include/uapi/asm-generic/errno.h). */
const MORE: Record<number, string> = {
  15: 'ENOTBLK',
  44: 'ECHRNG',
  45: 'EL2NSYNC',
  46: 'EL3HLT',
  47: 'EL3RST',
  48: 'ELNRNG',
  49: 'EUNATCH',
  50: 'ENOCSI',
  51: 'EL2HLT',
  52: 'EBADE',
  53: 'EBADR',
  54: 'EXFULL',
  55: 'ENOANO',
  56: 'EBADRQC',
  57: 'EBADSLT',
  59: 'EBFONT',
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
  79: 'ELIBACC',
  80: 'ELIBBAD',
  81: 'ELIBSCN',
  82: 'ELIBMAX',
  83: 'ELIBEXEC',
  85: 'ERESTART',
  86: 'ESTRPIPE',
  87: 'EUSERS',
  94: 'ESOCKTNOSUPPORT',
  95: 'EOPNOTSUPP',
  96: 'EPFNOSUPPORT',
  108: 'ESHUTDOWN',
  109: 'ETOOMANYREFS',
  112: 'EHOSTDOWN',
  117: 'EUCLEAN',
  118: 'ENOTNAM',
  119: 'ENAVAIL',
  120: 'EISNAM',
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

/** The name of a positive errno, such as `ENOENT` for 2; the number itself if it has no name. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? String(errno);
}

/** Text for people: `no such file or directory (ENOENT)`. */
export function errnoText(errno: number): string {
  // What bpf(2) returns for a feature that a kernel or machine lacks.
  if (errno === ERRNO.ENOTSUPP) return 'not supported by this kernel (ENOTSUPP)';
  // libuv's own numbers are far above the kernel's.
  const text = errno < 512 ? getSystemErrorMap().get(-errno)?.[1] : undefined;
  return text === undefined ? errnoName(errno) : `${text} (${errnoName(errno)})`;
}
