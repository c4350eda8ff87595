/**
 * Records of any event struct, derived only from its BTF, the same in each run: records that programs could have sent.
 */
import { type Btf, type Input, layoutOf, type Member, type Shape, writeValue } from '../../src/btf/index.js';
import { EventRecord } from '../../src/events/column.js';
import { ClockOffset, type EventContext } from '../../src/events/context.js';

/** Variants of every field of a record: plausible; absent or zero; hard to write, at its limit or unknown. */
export const VARIANTS = ['usual', 'none', 'hostile'] as const;
export type Variant = (typeof VARIANTS)[number];

/** One value for each of VARIANTS. */
type Values<T> = readonly [usual: T, none: T, hostile: T];

/** enum snoop_source of bpf/include/types.h. */
const SOURCE = { MISSING: 0, READ: 1, JOINED: 2 } as const;

/** The members of struct snoop_span for a text. */
interface Text {
  readonly bytes: Buffer;
  readonly source: (typeof SOURCE)[keyof typeof SOURCE];
  readonly truncated?: 0 | 1;
  readonly deleted?: 0 | 1;
}

/** The member that a value is for. */
interface Place {
  readonly name: string;
  /** Differs from field to field, so that swapped fields are noticed. */
  readonly number: number;
}

const HOSTILE = Buffer.concat([Buffer.from('\x1b"\\,\'=é\u202e\u{1f600}\n\x7f\u0085'), Buffer.from([0xff, 0xc3])]);
const EMPTY = Buffer.alloc(0);
/** UID_SAME and NOT_GIVEN of bpf/include/types.h. */
const SAME = 0xffff_ffff;
const NOT_GIVEN = 0xffff_ffff;
const CGROUP = { USUAL: 4711n, NONE: 0n, HOSTILE: 4712n } as const;

const terminated = (...texts: (string | Buffer)[]) =>
  Buffer.concat(texts.flatMap((text) => [Buffer.from(text), Buffer.alloc(1)]));

const read = (bytes: Buffer): Text => ({ bytes, source: SOURCE.READ });
const missing: Text = { bytes: EMPTY, source: SOURCE.MISSING };

/** By name, for values that need a format. */
const TEXTS: Readonly<Record<string, string>> = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03',
};

const texts = ({ name }: Place): Values<Text> => [
  read(Buffer.from(TEXTS[name] ?? `/srv/my ${name}`)),
  missing,
  { bytes: HOSTILE, source: SOURCE.READ, truncated: 1 },
];

const paths = ({ name }: Place): Values<Text> => [
  read(terminated(`${name}.txt`, 'my docs', 'srv')),
  missing,
  { bytes: terminated(Buffer.from('../a'), HOSTILE, 'top'), source: SOURCE.JOINED, truncated: 1, deleted: 1 },
];

const words64 = (...words: bigint[]) => Buffer.from(BigUint64Array.from(words).buffer);

const stacks: Values<Text> = [
  read(words64(0xffffffff81a0b1b0n, 0xffffffff81a0c100n, 0xffffffff81001000n)),
  missing,
  { bytes: words64(0xffffffffc0000010n), source: SOURCE.READ, truncated: 1 },
];

interface List extends Text {
  readonly count: number;
}

const words: Values<List> = [
  { ...read(terminated('/usr/bin/tar', '-C', 'my docs', '--password=hunter2')), count: 4 },
  { ...missing, count: 0 },
  // Truncated: the last one has no end.
  { bytes: Buffer.concat([terminated('sh', ''), HOSTILE]), source: SOURCE.READ, truncated: 1, count: 9 },
];

const environments: Values<List> = [
  { ...read(terminated('HOME=/home/my home', 'SECRET=1', 'LANG=C.UTF-8')), count: 3 },
  { ...missing, count: 0 },
  {
    bytes: Buffer.concat([terminated('HOME'), Buffer.from('LANG='), HOSTILE]),
    source: SOURCE.READ,
    truncated: 1,
    count: 9,
  },
];

/** IPv4 mapped into IPv6. */
const mapped = (...bytes: number[]) => Buffer.from([...Array(10).fill(0), 0xff, 0xff, ...bytes]);

/** Histograms have one slot for each number of bits: these are filled, by variant. */
const SLOTS: Values<readonly number[]> = [[17, 18, 18, 18, 20], [], [0, 1]];

/** Values for typedefs of bpf/include/types.h. */
const BY_TYPEDEF: Readonly<Record<string, (place: Place) => Values<Input>>> = {
  snoop_time: () => [7_261_123_456_789n, 0n, 90_000_999_999_999n],
  snoop_duration: ({ number }) => [1_234_567n * BigInt(number), 0n, 3_600_000_000_000n],
  snoop_known_duration: ({ number }) => [1_234_567n * BigInt(number), 0n, 999_995_000n],
  snoop_count: ({ number }) => [BigInt(4096 + number), 0n, 2n ** 53n - 1n],
  snoop_known_count: ({ number }) => [BigInt(4096 + number), 0n, 2n ** 53n - 1n],
  snoop_signal: () => [15, 0, 99],
  snoop_signal_code: () => [
    { code: 1, signal: 11 },
    { code: 0, signal: 0 },
    { code: -99, signal: 34 },
  ],
  snoop_signal_result: () => [0, 100, -1],
  snoop_ret: ({ number }) => [number, -2, -4094],
  snoop_uid: () => [1000, 0, 1001],
  snoop_euid: () => [SAME, 1001, SAME - 1],
  snoop_gid: () => [1000, 0, 1001],
  snoop_mode: () => [0o644, 0, 0o177777],
  snoop_given_mode: () => [0o640, NOT_GIVEN, 0o177777],
  snoop_given_uid: () => [1000, NOT_GIVEN, 0],
  snoop_given_gid: () => [1000, NOT_GIVEN, 1001],
  snoop_given_size: () => [4096n, 2n ** 64n - 1n, 2n ** 53n - 1n],
  snoop_open_flags: () => [0o2000101, 0, 0xffff_ffff],
  snoop_dirfd: ({ number }) => [number, -100, -1],
  snoop_ip4: () => [0x0100_007f, 0, 0xffff_ffff],
  snoop_ip6: ({ number }) => [
    mapped(192, 0, 2, number),
    Buffer.alloc(16),
    Buffer.from(`20010db8${'00'.repeat(11)}${number.toString(16).padStart(2, '0')}`, 'hex'),
  ],
  snoop_port: ({ number }) => [40_000 + number, 0, 65_535],
  snoop_cgroup: () => [CGROUP.USUAL, CGROUP.NONE, CGROUP.HOSTILE],
  snoop_comm: ({ name }) => [Buffer.from(`my ${name}`.slice(0, 15)), EMPTY, HOSTILE.subarray(0, 15)],
  snoop_tcp_flags: () => [0x12, 0, 0xff],
  snoop_ksym: () => [0xffffffff81a0b1b0n, 0n, 0xffffffffc0000010n],
  snoop_drop_reason: () => [3, 0, 0x1_0002],
};

/** The same for texts stored after the struct. */
const SPANS: Readonly<Record<string, (place: Place) => Values<Text>>> = {
  snoop_text: texts,
  snoop_path: texts,
  snoop_components: paths,
  snoop_place: paths,
  snoop_file: paths,
  snoop_stack: () => stacks,
  snoop_bpf_caller: () => stacks,
};
const LISTS: Readonly<Record<string, Values<List>>> = { snoop_args: words, snoop_env: environments };

/** Typedefs whose offset is 0 if absent. */
const GIVEN = /^snoop_given_(?=text$|components$)/;

/** The texts of a record, from the end of its struct on. */
class Tail {
  readonly parts: Buffer[] = [];
  #end: number;

  constructor(start: number) {
    this.#end = start;
  }

  add({ bytes, source, truncated = 0, deleted = 0 }: Text): Input {
    const offset = this.#end;
    this.parts.push(bytes);
    this.#end += bytes.length;
    return { offset, length: bytes.length, deleted, truncated, source };
  }
}

/** Builds the records of a variant. */
class Maker {
  readonly #variant: number;
  readonly #tail: Tail;
  #number = 0;

  constructor(variant: Variant, tail: Tail) {
    this.#variant = VARIANTS.indexOf(variant);
    this.#tail = tail;
  }

  #pick<T>(values: Values<T>): T {
    return values[this.#variant] as T;
  }

  struct(members: readonly Member[]): Readonly<Record<string, Input>> {
    return Object.fromEntries(
      members.map(({ name, type, typedefs, bits }) => [name, this.#member(name, type, typedefs, bits?.size)]),
    );
  }

  #member(name: string, shape: Shape, typedefs: readonly string[], bits?: number): Input {
    if (name.startsWith('_')) return this.#padding(shape, bits);
    const place = { name, number: ++this.#number };
    for (const typedef of typedefs) {
      const plain = typedef.replace(GIVEN, 'snoop_');
      if (plain !== typedef && VARIANTS[this.#variant] === 'none') return {};
      const [values, spans, list] = [BY_TYPEDEF[plain], SPANS[plain], LISTS[plain]];
      if (values) return this.#pick(values(place));
      if (spans) return this.#tail.add(this.#pick(spans(place)));
      if (list) {
        const { count, ...text } = this.#pick(list);
        return {
          span: this.#tail.add(text),
          count,
          size: count > 0 ? text.bytes.length + (text.truncated ?? 0) * 99 : 0,
        };
      }
      if (plain.startsWith('snoop_histogram')) return this.#histogram(shape);
    }
    return this.#ofShape(place, shape, bits);
  }

  /** A value for a member without a known typedef: by its C type. */
  #ofShape(place: Place, shape: Shape, bits?: number): Input {
    switch (shape.kind) {
      case 'enum': {
        const values = [...shape.values.keys()];
        if (shape.name.endsWith('_flags')) return this.#flags(values.map(Number));
        const unknown = values.includes(99) ? 199 : 99;
        return this.#pick([values[place.number % values.length] ?? 0, 0, unknown]);
      }
      case 'int':
      case 'pointer': {
        if (shape.kind === 'int' && shape.bool) return this.#pick([1, 0, 1]);
        const isSigned = shape.kind === 'int' && shape.signed;
        const largest = 2n ** BigInt((bits ?? 8 * shape.size) - (isSigned ? 1 : 0)) - 1n;
        const number = BigInt(place.number) % (largest + 1n);
        if (isSigned) return this.#pick([number, 0n, -number]);
        // Larger than any pid, so that nothing is found in /proc.
        return this.#pick([largest > 5_000_000n ? 5_000_000n + number : number, 0n, largest - number]);
      }
      case 'float':
        return this.#pick([place.number / 8, 0, Number.NEGATIVE_INFINITY]);
      case 'array': {
        const { element, length } = shape;
        if (element.kind === 'int' && element.char) {
          return this.#pick([Buffer.from(place.name), EMPTY, HOSTILE]).subarray(0, length);
        }
        return Array.from({ length }, () => this.#member(place.name, element, shape.elementTypedefs));
      }
      case 'struct':
        return this.struct(shape.layout.members);
      case 'union':
        return this.struct(shape.layout.members.slice(0, 1));
    }
  }

  #flags(bits: readonly number[]): Input {
    const or = (some: readonly number[]) => some.reduce((all, bit) => (all | bit) >>> 0, 0);
    return this.#pick([or(bits.slice(0, 2)), 0, or([...bits, 1 << 30])]);
  }

  #histogram(shape: Shape): Input {
    const slots = shape.kind === 'struct' ? shape.layout.members.find(({ name }) => name === 'slots') : undefined;
    if (slots?.type.kind !== 'array') throw new Error('a histogram without slots');
    const filled = this.#pick(SLOTS);
    const counts = Array.from({ length: slots.type.length }, (_, slot) => filled.filter((one) => one === slot).length);
    return { sum: filled.reduce((sum, slot) => sum + 2n ** BigInt(slot) - 1n, 0n), slots: counts };
  }

  /** Arbitrary bytes, as left by programs: user space must ignore them. */
  #padding(shape: Shape, bits: number | undefined): Input {
    if (shape.kind === 'array') return Array.from({ length: shape.length }, () => this.#padding(shape.element, bits));
    if (shape.kind === 'struct' || shape.kind === 'union') return {};
    return bits !== undefined || (shape.kind === 'int' && shape.bool) ? 0 : 0x5a;
  }
}

/** A record of a struct, followed by its texts; `changes` are members with other values. */
export function syntheticRecord(
  btf: Btf,
  struct: string,
  variant: Variant,
  changes: Readonly<Record<string, Input>> = {},
): Buffer {
  const layout = layoutOf(btf, struct);
  const tail = new Tail(layout.size);
  const head = new DataView(new ArrayBuffer(layout.size));
  const members = { ...new Maker(variant, tail).struct(layout.members), ...changes };
  writeValue({ kind: 'struct', layout }, head, 0, members, struct);
  return Buffer.concat([Buffer.from(head.buffer), ...tail.parts]);
}

/** Calls back for each record, with one reused object. */
export function forEachRecord(records: readonly Buffer[], receive: (record: EventRecord) => void): void {
  const record = new EventRecord();
  for (const bytes of records) {
    record.setBytes(bytes);
    record.length = bytes.length;
    receive(record);
  }
}

const NAMES: Readonly<Record<number, string>> = { 0: 'root', 1000: 'mara', 1001: 'é \x1b' };
const DROP_REASONS: Readonly<Record<number, string>> = { 3: 'SKB_DROP_REASON_NO_SOCKET' };

/** Additional knowledge of a context: host names, as with --dns, and containers. */
export interface Knowledge {
  readonly hosts?: boolean;
  readonly containers?: boolean;
}

/** A machine that knows some names in records, and has no data of its own. */
export function syntheticContext({ hosts, containers }: Knowledge): EventContext {
  const usual = containers ? `/docker/${'0123abcd'.repeat(8)}` : '/my.slice';
  const paths = new Map<bigint, string>([
    [CGROUP.USUAL, usual],
    [CGROUP.HOSTILE, '/user.slice/é "x"\n'],
  ]);
  return {
    clock: new ClockOffset(1_795_233_011_123_456_789n),
    arch: 'x64',
    userName: (uid) => NAMES[uid],
    groupName: (gid) => NAMES[gid],
    envNames: ['HOME', 'LANG'],
    cgroupPath: (id) => paths.get(id),
    enumName: (name, value) => (name === 'skb_drop_reason' ? DROP_REASONS[value] : undefined),
    bpfCaller: (stack) => (stack.length > 1 ? 'handle_packet' : undefined),
    kernelSymbol: (address) => (address >> 24n === 0xffffffff81n ? `function_${address & 0xfffn}+0x10` : undefined),
    ...(hosts && { hostName: (address: string) => (address.startsWith('192.0.2.') ? 'db.example' : undefined) }),
  };
}
