import { errnoName } from '../../kernel/errno.js';
import { flagNames } from '../flags.js';
import { givenNumber } from '../given.js';
import { type ColumnMaker, type Kinds, plain } from '../kind.js';
import { integerColumn, integerReader, namedValues } from '../numbers.js';

/** The name of the error that a system call returned. -4095 to -1 are errors (IS_ERR_VALUE); anything else is a result. */
export const errorName = (ret: number) => (ret < 0 && ret >= -4095 ? errnoName(-ret) : undefined);

/** snoop_ret: the number; its error's name where there is one, which people see in its place. */
const retColumns: ColumnMaker = (field) => {
  const read = integerReader(field);
  return [
    { ...integerColumn(field, 7, errorName), least: 6 },
    plain({
      name: field.name === 'ret' ? 'error' : `${field.name}_error`,
      json: 'string',
      type: 'string',
      width: 8,
      align: 'left',
      value: (record) => errorName(read(record)),
      write: (record, out) => out.ascii(errorName(read(record)) ?? ''),
      isPresent: (record) => errorName(read(record)) !== undefined,
    }),
  ];
};

/** snoop_mode: permission bits in octal. */
const modeColumns: ColumnMaker = (field) => {
  const read = integerReader(field);
  const write = (mode: number) => mode.toString(8).padStart(4, '0');
  return [
    plain({
      name: field.name,
      json: 'string',
      type: 'number',
      jsonSchema: { pattern: '^[0-7]{4,}$' },
      width: 5,
      align: 'right',
      value: read,
      write: (record, out) => out.ascii(write(read(record))),
    }),
  ];
};

const AT_FDCWD = -100;

/** snoop_dirfd: a number, which people see as AT_FDCWD where it is that. */
const dirfdColumns: ColumnMaker = (field) => [
  integerColumn(field, 8, (fd) => (fd === AT_FDCWD ? 'AT_FDCWD' : undefined)),
];

/** include/uapi/asm-generic/fcntl.h, and where an architecture differs. O_SYNC and O_TMPFILE contain other flags, so they come first. */
const OPEN_FLAGS: readonly [flag: number, name: string][] = [
  [0o100, 'O_CREAT'],
  [0o200, 'O_EXCL'],
  [0o400, 'O_NOCTTY'],
  [0o1000, 'O_TRUNC'],
  [0o2000, 'O_APPEND'],
  [0o4000, 'O_NONBLOCK'],
  [0o4010000, 'O_SYNC'],
  [0o10000, 'O_DSYNC'],
  [0o20000, 'O_ASYNC'],
  [0o1000000, 'O_NOATIME'],
  [0o2000000, 'O_CLOEXEC'],
  [0o10000000, 'O_PATH'],
];
const OPEN_FLAGS_OF: Record<string, readonly [flag: number, name: string][]> = {
  x64: [
    [0o20200000, 'O_TMPFILE'],
    [0o40000, 'O_DIRECT'],
    [0o100000, 'O_LARGEFILE'],
    [0o200000, 'O_DIRECTORY'],
    [0o400000, 'O_NOFOLLOW'],
  ],
  arm64: [
    [0o20040000, 'O_TMPFILE'],
    [0o40000, 'O_DIRECTORY'],
    [0o100000, 'O_NOFOLLOW'],
    [0o200000, 'O_DIRECT'],
    [0o400000, 'O_LARGEFILE'],
  ],
};
const ACCESS_MODES = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'];

/** Bits of a flag of open(2), by its name: the mask, and the value under it; undefined for an unknown name. */
export function openFlag(name: string, arch: string): { mask: number; value: number } | undefined {
  const mode = ACCESS_MODES.indexOf(name);
  if (mode >= 0) return { mask: 3, value: mode };
  const [bits] = [...(OPEN_FLAGS_OF[arch] ?? []), ...OPEN_FLAGS].find(([, known]) => known === name) ?? [];
  return bits === undefined ? undefined : { mask: bits, value: bits };
}

/** The flags of open(2) by name, such as `O_RDONLY|O_CLOEXEC`; what has no name in hexadecimal. */
export function openFlagNames(flags: number, arch: string): string {
  const named = [...(OPEN_FLAGS_OF[arch] ?? []), ...OPEN_FLAGS];
  return [ACCESS_MODES[flags & 3], ...flagNames(flags & ~3, named)].join('|');
}

/** snoop_open_flags. */
const openFlagsColumns: ColumnMaker = (field, context) => [
  namedValues(field, 18, (flags) => openFlagNames(flags, context.arch)),
];

export const KINDS: Kinds = {
  snoop_ret: { columns: retColumns, isInPlace: true },
  snoop_mode: { columns: modeColumns, isInPlace: true },
  snoop_given_mode: { columns: givenNumber(modeColumns), isInPlace: true },
  snoop_open_flags: { columns: openFlagsColumns, isInPlace: true },
  snoop_dirfd: { columns: dirfdColumns, isInPlace: true },
};
