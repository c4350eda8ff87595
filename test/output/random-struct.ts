/** Structs and records that look random and are the same in each run. */
import { Btf } from '../../src/btf/index.js';
import { ClockOffset, type EventContext } from '../../src/events/context.js';
import { encodeBtf, int } from '../btf/encode.js';

const CLOCK = 1_795_233_011_123_456_789n;
export const context: EventContext = {
  clock: new ClockOffset(CLOCK),
  arch: 'x64',
  userName: (uid) => (uid % 2 === 0 ? `user "${uid}"` : undefined),
  groupName: () => undefined,
  envNames: [],
  cgroupPath: () => undefined,
  enumName: () => undefined,
  kernelSymbol: () => undefined,
};

/** Types by id: what a field may be, with its size, and how the object's value is written in JSON. */
const FIELDS: readonly { type: number; size: number; json?: (value: never) => unknown }[] = [
  { type: 1, size: 1 },
  { type: 2, size: 2 },
  { type: 3, size: 4 },
  { type: 4, size: 8, json: String },
  { type: 5, size: 4 },
  { type: 6, size: 8, json: String },
  { type: 9, size: 16 },
  { type: 10, size: 8, json: rfc3339 },
  { type: 11, size: 4 },
  { type: 12, size: 4 },
  { type: 13, size: 4, json: (mode: number) => mode.toString(8).padStart(4, '0') },
  { type: 14, size: 4 },
  { type: 15, size: 4 },
  { type: 16, size: 4 },
  { type: 18, size: 8 },
];

function rfc3339(time: bigint): string {
  const seconds = new Date(Number(time / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(time % 1_000_000_000n).padStart(9, '0')}Z`;
}

const typedef = (name: string, type: number) => ({ kind: 'typedef', name, size: type }) as const;
const SIGNED = 1;
/** A bit-field, in a struct with the flag. */
const bits = (offset: number, size: number) => (size << 24) | offset;

const TYPES = [
  int('unsigned char', 1),
  int('short', 2, SIGNED),
  int('unsigned int', 4),
  int('unsigned long', 8),
  int('int', 4, SIGNED),
  int('long', 8, SIGNED),
  int('char', 1, SIGNED),
  { kind: 'array', data: [7, 3, 16] },
  typedef('snoop_comm', 8),
  typedef('snoop_time', 4),
  typedef('snoop_ret', 5),
  typedef('snoop_uid', 3),
  typedef('snoop_mode', 3),
  typedef('snoop_open_flags', 3),
  typedef('snoop_dirfd', 5),
  typedef('snoop_ip4', 3),
  {
    kind: 'struct',
    name: 'snoop_span',
    flag: true,
    vlen: 5,
    size: 8,
    data: [
      ...['offset', 3, 0],
      ...['length', 3, bits(32, 28)],
      ...['deleted', 3, bits(60, 1)],
      ...['truncated', 3, bits(61, 1)],
      ...['source', 19, bits(62, 2)],
    ],
  },
  typedef('snoop_path', 17),
  {
    kind: 'enum',
    name: 'snoop_source',
    vlen: 4,
    size: 4,
    data: ['SOURCE_MISSING', 0, 'SOURCE_READ', 1, 'SOURCE_JOINED', 2, 'SOURCE_NAMED', 3],
  },
] as const;
const SPAN = 18;

export interface Member {
  readonly name: string;
  readonly field: (typeof FIELDS)[number];
  readonly offset: number;
}

/** A struct of one to twelve members in any order, aligned as C would. */
export function randomStruct(random: (below: number) => number): { members: Member[]; size: number; btf: Btf } {
  const members: Member[] = [];
  let size = 0;
  for (let count = 1 + random(12); count > 0; count--) {
    const field = FIELDS[random(FIELDS.length)] as (typeof FIELDS)[number];
    const alignment = field.type === 9 ? 1 : field.type === SPAN ? 4 : field.size;
    const offset = Math.ceil(size / alignment) * alignment;
    members.push({ name: `m${members.length}`, field, offset });
    size = offset + field.size;
  }
  size = Math.ceil(size / 8) * 8;
  const data = members.flatMap(({ name, field, offset }) => [name, field.type, offset * 8]);
  const struct = { kind: 'struct', name: 'random_event', vlen: members.length, size, data } as const;
  return { members, size, btf: Btf.parse(encodeBtf([...TYPES, struct])) };
}

/** Mostly harmless bytes, some of those that need care, and now and then anything. */
function randomText(random: (below: number) => number, length: number): Buffer {
  const careful = Buffer.from('"\\\n\x1b\x7f\u00e9\u202e\u{1f600}\ufeff\0');
  return Buffer.from(
    Array.from({ length }, () => {
      const kind = random(20);
      if (kind < 16) return 97 + random(26);
      return kind < 19 ? (careful[random(careful.length)] as number) : random(256);
    }),
  );
}

/** A record of random bytes, whose texts lie behind the struct, as programs put them there. */
export function randomRecord(random: (below: number) => number, members: readonly Member[], size: number): Buffer {
  const head = Buffer.from(Array.from({ length: size }, () => (random(3) === 0 ? 0 : random(256))));
  const tails: Buffer[] = [];
  let end = size;
  for (const { field, offset } of members) {
    if (field.type === 9) randomText(random, random(17)).copy(head, offset);
    // Not beyond the years that a Date knows.
    if (field.type === 10) head.writeUInt8(head.readUInt8(offset + 7) & 0x3f, offset + 7);
    if (field.type !== SPAN) continue;
    const text = randomText(random, random(80));
    head.writeUInt32LE(end, offset);
    head.writeUInt32LE(
      (text.length | (random(4) === 0 ? 1 << 29 : 0) | (random(8) === 0 ? 0 : 1 << 30)) >>> 0,
      offset + 4,
    );
    tails.push(text);
    end += text.length;
  }
  return Buffer.concat([head, ...tails]);
}
