import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { EventRecord } from '../../src/events/column.js';
import type { Format } from '../../src/output/format.js';
import { TableFormat } from '../../src/output/table.js';
import { bytes, HARMFUL, hostileNames, nameColumn, numberColumn, record, show } from './helpers.js';

function row(format: TableFormat): string {
  const written = bytes((out) => format.event(record, out));
  assert.ok(isUtf8(written));
  const text = written.toString();
  assert.ok(text.endsWith('\n'));
  return text.slice(0, -1);
}

/** Undoes the escapes of a table. */
function unescaped(text: string): string {
  const short: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };
  return text.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|u\{([0-9a-f]+)\}|(.))/g, (_all, byte, unit, code, letter) => {
    if (letter !== undefined) return short[letter] ?? assert.fail(`\\${letter}`);
    return String.fromCodePoint(Number.parseInt(byte ?? unit ?? code, 16));
  });
}

describe('output: table', () => {
  const format = new TableFormat([numberColumn(), nameColumn()], false);

  it('obeys no name', () => {
    for (const name of hostileNames(5000)) {
      show({ name });
      assert.doesNotMatch(row(format), HARMFUL, name.toString('hex'));
    }
  });

  it('shows each byte that is not UTF-8 in hexadecimal', () => {
    show({ name: Buffer.from([0x61, 0xff, 0xc3, 0x62, 0xe2, 0x82]) });
    assert.equal(row(format), '      0 a\\xff\\xc3b\\xe2\\x82');
  });

  it('loses nothing of a name in UTF-8', () => {
    for (const name of hostileNames(5000, true)) {
      show({ name });
      assert.equal(unescaped(row(format).slice(8)), name.toString(), name.toString('hex'));
    }
  });

  for (const [what, name, shown] of [
    ['a plain name', '/etc/hosts', '/etc/hosts'],
    ['blanks and quotes', `it's "here"`, `it's "here"`],
    ['a quote before something harmful', '"\n"', '"\\n"'],
    ['other scripts', 'é日本🙂', 'é日本🙂'],
    ['a line break', 'a\nb', 'a\\nb'],
    ['an escape sequence', '\x1b[2J', '\\x1b[2J'],
    ['a C1 control', '\u009b2J', '\\x9b2J'],
    ['text that runs backwards', '\u202egpj.exe', '\\u202egpj.exe'],
    ['a byte order mark', '\ufeffx', '\\ufeffx'],
    ['a backslash', 'a\\nb', 'a\\\\nb'],
    ['delete', '\x7f', '\\x7f'],
    ['a no-break space', 'a\u00a0b', 'a\\xa0b'],
    ['a filler', 'a\u3164', 'a\\u3164'],
    ['an accent by itself', 'e\u0301', 'e\u0301'],
    ['an accent on nothing', ' \u0301', ' \\u0301'],
  ] as const)
    it(`shows ${what}`, () => {
      show({ name: Buffer.from(name) });
      assert.equal(row(format).slice(8), shown);
    });

  it('shows ? for what is missing, and notes around the rest', () => {
    show({ isMissing: true });
    assert.equal(row(format), '      0 ?');
    show({ name: Buffer.from('/a'), before: '[unresolved][truncated]...', after: ' (deleted)' });
    assert.equal(row(format), '      0 [unresolved][truncated].../a (deleted)');
  });

  it('aligns its columns under the header', () => {
    const three = new TableFormat([nameColumn('comm', 6), numberColumn({ name: 'ret' }), nameColumn('path', 4)], false);
    const lines = [
      bytes((out) => three.begin(out))
        .toString()
        .slice(0, -1),
    ];
    for (const [name, number] of [
      ['cat', 3],
      ['é€', -13],
      ['日本', 5],
      ['', 0],
    ] as const) {
      show({ name: Buffer.from(name), number });
      lines.push(row(three));
    }
    assert.deepEqual(lines, [
      'COMM       RET PATH',
      'cat          3 cat',
      'é€         -13 é€',
      '日本         5 日本',
      '             0 ',
    ]);
  });

  it('is as wide as its headers', () => {
    const columns = [numberColumn({ name: 'a_long_name' }), nameColumn('another', 3), nameColumn('path')];
    const wide = new TableFormat(columns, false);
    show({ name: Buffer.from('x'), number: 5 });
    assert.equal(bytes((out) => wide.begin(out)).toString(), 'A_LONG_NAME ANOTHER PATH\n');
    assert.equal(row(wide), '          5 x       x');
  });

  it('never cuts a value', () => {
    show({ name: Buffer.from('a-name-that-is-too-long-for-its-column'), number: 1234567890123 });
    const both = new TableFormat([nameColumn('comm', 6), numberColumn()], false);
    assert.equal(row(both), 'a-name-that-is-too-long-for-its-column 1234567890123');
  });

  const narrow = [nameColumn('proto', 7), numberColumn({ name: 'ret' }), nameColumn('local', 10), nameColumn('last')];
  for (const [what, name, error, rows] of [
    ['fits', 'tcp', 'EACCES', ['tcp      EACCES tcp        tcp']],
    ['takes blanks from before it', 'tcp', 'EADDRINUSE', ['tcp  EADDRINUSE tcp        tcp']],
    ['takes blanks from behind it', 'tcp', 'EPROTONOSUPPORT', ['tcp EPROTONOSUPPORT tcp    tcp']],
    ['finds none', 'abcdefghij', 'EADDRINUSE', ['abcdefghij EADDRINUSE abcdefghij abcdefghij']],
  ] as const)
    it(`keeps to its columns as far as it can: a value that ${what}`, () => {
      const columns = narrow.map((column) =>
        column.name === 'ret' ? numberColumn({ name: 'ret', write: (_record, out) => out.ascii(error) }) : column,
      );
      show({ name: Buffer.from(name) });
      assert.deepEqual([row(new TableFormat(columns, false))], rows);
    });

  it('has a dash for what is not there where a value before it stands under its header', () => {
    const absent = { isPresent: () => false };
    const paths = [nameColumn('path', 6), { ...nameColumn('new_path'), ...absent }, numberColumn(absent)];
    for (const [name, after, shown] of [
      ['/a', '', '/a'],
      ['/a', ' (deleted)', '/a (deleted) -'],
      ['/home/me/My file', '', '/home/me/My file -      -'],
    ] as const) {
      show({ name: Buffer.from(name), after });
      assert.equal(row(new TableFormat(paths, false)).trimEnd(), shown);
    }
  });

  it('has its columns again after a row that was too wide, with what it keeps of rows', () => {
    const kept = narrow.map((column) => ({ ...column, dependsOn: { offset: 0, size: 4 } }));
    const table = new TableFormat(kept, false);
    const at = (key: number, name: string) => {
      show({ name: Buffer.from(name), number: key });
      const bytesOf = Buffer.alloc(4);
      bytesOf.writeInt32LE(key);
      const made = new EventRecord();
      made.setBytes(bytesOf);
      return bytes((out) => table.event(made, out)).toString();
    };
    for (let round = 0; round < 3; round++) {
      assert.equal(at(1, 'tcp'), 'tcp           1 tcp        tcp\n');
      assert.equal(at(2, 'a-long-name'), 'a-long-name   2 a-long-name a-long-name\n');
    }
  });

  it('goes over several lines on a terminal that is too narrow for all of it', () => {
    const folded = new TableFormat(narrow, false, 25);
    show({ name: Buffer.from('tcp'), number: 5 });
    assert.equal(bytes((out) => folded.begin(out)).toString(), 'PROTO       RET\n    LOCAL      LAST\n');
    assert.equal(row(folded), 'tcp           5\n    tcp        tcp');
  });

  it('gives what a wide terminal has to those that may need it', () => {
    const columns = [{ ...nameColumn('local', 6), widest: 12 }, nameColumn('last', 4)];
    show({ name: Buffer.from('tcp') });
    for (const [width, between] of [
      [11, 4],
      [14, 7],
      [200, 10],
    ] as const)
      assert.equal(row(new TableFormat(columns, false, width)), `tcp${' '.repeat(between)}tcp`);
  });

  it('leaves the place empty of what an event has not', () => {
    const columns = [numberColumn({ isPresent: () => false }), nameColumn()];
    show({ name: Buffer.from('x'), number: 5 });
    assert.equal(row(new TableFormat(columns, false)), '        x');
  });

  it('shows people what is for people', () => {
    const columns = [numberColumn({ writeForPeople: (_record, out) => out.ascii('ENOENT') })];
    assert.equal(row(new TableFormat(columns, false)), ' ENOENT');
  });

  it('has colour only when told so, and only in the header', () => {
    const columns = [numberColumn(), nameColumn()];
    assert.equal(bytes((out) => new TableFormat(columns, false).begin(out)).toString(), ' NUMBER NAME\n');
    const coloured = new TableFormat(columns, true);
    assert.equal(bytes((out) => coloured.begin(out)).toString(), '\x1b[1m NUMBER NAME\x1b[22m\n');
    show({ name: Buffer.from('x') });
    assert.doesNotMatch(row(coloured), HARMFUL);
  });

  it('leaves losses to the final report', () => {
    const lost = bytes((out) => (format as Format).lost({ reason: 'ring_full', count: 1, total: 1 }, out));
    assert.equal(lost.length, 0);
  });
});
