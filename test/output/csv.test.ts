import assert from 'node:assert/strict';
import { CsvFormat } from '../../src/output/csv.js';
import { bytes, HARMFUL, hostileNames, nameColumn, numberColumn, record, show } from './helpers.js';

/** The cells of a line: RFC 4180. */
function cells(line: string): string[] {
  assert.ok(line.endsWith('\n'));
  const found: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|\n)/y;
  while (cell.lastIndex < line.length) {
    const [, quoted, plain] = cell.exec(line) ?? assert.fail(`not CSV: ${line}`);
    found.push(plain ?? (quoted as string).replaceAll('""', '"'));
  }
  return found;
}

describe('output: CSV', () => {
  const format = new CsvFormat([numberColumn(), nameColumn(), nameColumn('again')]);
  const row = () => bytes((out) => format.event(record, out)).toString();

  it('begins with the names', () => {
    assert.equal(bytes((out) => format.begin(out)).toString(), 'number,name,again\n');
  });

  it('has numbers as JSON has them', () => {
    const forPeople = numberColumn({ writeForPeople: (_record, out) => out.ascii('ENOENT') });
    show({ number: -2 });
    assert.equal(bytes((out) => new CsvFormat([forPeople]).event(record, out)).toString(), '-2\n');
  });

  for (const [what, name, shown] of [
    ['a plain name', '/etc/hosts', '/etc/hosts'],
    ['nothing', '', ''],
    ['a comma', 'a,b', '"a,b"'],
    ['quotes', 'say "hi"', '"say ""hi"""'],
    ['blanks', ' a b ', ' a b '],
    ['a line break', 'a\nb', 'a\\nb'],
    ['other scripts and a comma', 'é,日本', '"é,日本"'],
  ] as const)
    it(`writes ${what}`, () => {
      show({ name: Buffer.from(name) });
      assert.equal(row(), `0,${shown},${shown}\n`);
    });

  it('keeps lines and cells apart, whatever the names', () => {
    for (const name of hostileNames(3000)) {
      show({ name, number: 7 });
      const line = row();
      const [number, first, second, ...more] = cells(line);
      assert.deepEqual([number, more], ['7', []]);
      assert.equal(first, second);
      assert.doesNotMatch(line.slice(0, -1), HARMFUL, name.toString('hex'));
    }
  });

  it('is empty where something is missing, and says what was cut', () => {
    show({ name: Buffer.from('/a'), after: '...' });
    assert.equal(row(), '0,/a...,/a...\n');
    show({ isMissing: true });
    assert.equal(row(), '0,,\n');
    const absent = numberColumn({ isPresent: () => false });
    assert.equal(bytes((out) => new CsvFormat([absent, absent]).event(record, out)).toString(), ',\n');
  });

  it('has no place for losses', () => {
    assert.equal(bytes(() => format.lost()).length, 0);
  });
});
