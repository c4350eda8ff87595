import type { EventRecord, PlainColumn, TextColumn, TextSpan } from '../../src/events/column.js';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { random } from '../helpers/random.js';

/** Data read by the columns below: tests set it. */
export const event: {
  name: Buffer;
  number: number;
  isMissing: boolean;
  isTruncated: boolean;
  before: string;
  after: string;
} = {
  name: Buffer.alloc(0),
  number: 0,
  isMissing: false,
  isTruncated: false,
  before: '',
  after: '',
};

export const record = {} as EventRecord;

/** A column of somebody else's bytes. */
export function nameColumn(name = 'name', width = 10): TextColumn {
  const locate = (_record: EventRecord, span: TextSpan) => {
    span.set(event.name, 0, event.name.length);
    Object.assign(span, {
      isMissing: event.isMissing,
      isTruncated: event.isTruncated,
      before: event.before,
      after: event.after,
    });
  };
  return {
    kind: 'text',
    json: 'string',
    type: 'string | null',
    name,
    width,
    align: 'left',
    isSpan: true,
    locate,
    value: () => undefined,
  };
}

export function numberColumn(changes: Partial<PlainColumn> = {}): PlainColumn {
  return {
    kind: 'plain',
    json: 'integer',
    type: 'number',
    name: 'number',
    width: 7,
    align: 'right',
    value: () => event.number,
    write: (_record, out) => out.integer(event.number),
    ...changes,
  };
}

export function show(changes: Partial<typeof event>): void {
  Object.assign(event, {
    name: Buffer.alloc(0),
    number: 0,
    isMissing: false,
    isTruncated: false,
    before: '',
    after: '',
  });
  Object.assign(event, changes);
}

export function bytes(write: (out: OutputBuffer) => void): Buffer {
  const out = new OutputBuffer();
  write(out);
  return out.take();
}

const PIECES = [
  'a',
  '/',
  ' ',
  '"',
  '\\',
  '\n',
  '\t',
  '\x1b[31m',
  '\x7f',
  '\x9b',
  'é',
  '€',
  '日本',
  '🙂',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\u{e0001}',
  '\u00ad',
  '\\x41',
  '\\u{41}',
].map((piece) => Buffer.from(piece));
const BROKEN = [
  [0x80],
  [0xff],
  [0xc3],
  [0xe2, 0x82],
  [0xf0, 0x9f, 0x99],
  [0xed, 0xa0, 0x80],
  [0xc0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0x9b],
];

/** Names that somebody made to do harm: pieces of all sorts, and noise. `isValid` leaves out what is not UTF-8. */
export function* hostileNames(count: number, isValid = false): Generator<Buffer> {
  const next = random(isValid ? 11 : 12);
  for (let i = 0; i < count; i++) {
    const parts: Buffer[] = [];
    for (let left = next() % 12; left > 0; left--) {
      const kind = next() % (isValid ? 8 : 12);
      if (kind < 6) parts.push(PIECES[next() % PIECES.length] as Buffer);
      else if (kind < 8) parts.push(Buffer.from(String.fromCodePoint(scalar(next()))));
      else if (kind < 10) parts.push(Buffer.from(BROKEN[next() % BROKEN.length] as number[]));
      else parts.push(Buffer.from(Array.from({ length: next() % 20 }, () => next() & 255)));
    }
    yield Buffer.concat(parts);
  }
}

/** Any character: surrogates are none. */
function scalar(number: number): number {
  const code = number % 3 ? number % 0x3000 : number % 0x110000;
  return code >= 0xd800 && code < 0xe000 ? 0x20 : code;
}

/** Characters that control a terminal, or reorder a line. */
export const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
