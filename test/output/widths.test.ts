/** Every table of every tool, at every width, whatever is in it. */
import assert from 'node:assert/strict';
import { viewsOf } from '../../src/cli/help/manual.js';
import { type Column, EventRecord, type TextList } from '../../src/events/column.js';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { content } from '../../src/output/cells.js';
import { displayWidth } from '../../src/output/display.js';
import { KnownTable } from '../../src/output/known-table.js';
import { linesPerRow } from '../../src/output/layout.js';
import { TableFormat } from '../../src/output/table.js';
import { randomBelow } from '../helpers/random.js';
import { ToolObject } from '../helpers/tool-object.js';
import { loadTools } from '../helpers/tools.js';

const WIDTHS = [20, 40, 50, 60, 80, 100, 200];
const tools = (await loadTools()).map(({ tool }) => tool);

const random = randomBelow(31);
const PIECES = [
  'a',
  'nginx: worker',
  '日本語',
  'é',
  '\u202e',
  '\n',
  '\\',
  '🙂',
  '\u3164',
  '/etc/ld.so.cache',
  ' ',
  'e\u0301',
];

/** Mostly short, now and then without an end. */
function randomName(): Buffer {
  const count = random(10) === 0 ? random(40) : random(4);
  const name = Buffer.from(Array.from({ length: count }, () => PIECES[random(PIECES.length)]).join(''));
  return random(8) === 0 ? Buffer.concat([name, Buffer.from([0xff])]) : name;
}

/** A column whose texts are random, each time that the record is another. */
function withRandomTexts(column: Column): Column {
  if (column.kind !== 'text' && column.kind !== 'list') return column;
  const bytes = new Map<EventRecord, Buffer>();
  const of = (record: EventRecord) => {
    const known = bytes.get(record) ?? randomName();
    bytes.set(record, known);
    return known;
  };
  const isList = column.kind === 'list';
  const locate = (record: EventRecord, into: TextList & TextList['span']) => {
    const text = isList ? Buffer.from(of(record).toString('latin1').replaceAll(' ', '\0'), 'latin1') : of(record);
    (isList ? into.span : into).set(text, 0, text.length);
  };
  const { dependsOn: _random, ...rest } = column;
  return { ...rest, locate } as Column;
}

/** A record of bytes that are all small, all large, or anything. */
function randomRecord(): EventRecord {
  const kind = random(4);
  const bytes = Buffer.from(
    Array.from({ length: 4096 }, () => (kind === 0 ? random(2) : kind === 1 ? 255 : random(256))),
  );
  const record = new EventRecord();
  record.setBytes(bytes);
  record.length = bytes.length;
  return record;
}

function written(write: (out: OutputBuffer) => void): string {
  const out = new OutputBuffer();
  write(out);
  return out.take().toString();
}

/** Texts of a record's cells; undefined for bytes that no event can have. */
function cellsOf(columns: readonly Column[], record: EventRecord): string[] | undefined {
  try {
    return columns.map((column) => written((out) => content(column)(record, out)));
  } catch (error) {
    assert.ok(error instanceof RangeError);
    return undefined;
  }
}

/** The columns of a terminal where words begin and end. */
function spansOf(line: string): [from: number, to: number][] {
  return [...line.matchAll(/\S+/g)].map(({ index, 0: word }) => {
    const from = displayWidth(line.slice(0, index));
    return [from, from + displayWidth(word)];
  });
}

interface Shown {
  readonly columns: readonly Column[];
  readonly rows: readonly { record: EventRecord; cells: string[] }[];
}

/** Of each view of each tool the usual columns, and some others; with rows. */
const all: [string, Shown][] = tools.flatMap((tool) => {
  const object = new ToolObject(tool);
  return viewsOf(tool).flatMap((view) => {
    const known = object
      .columns(view.event.struct)
      .filter(({ name, kind }) => kind !== 'histogram' && name !== 'stack' && !name.endsWith('_resolved'))
      .map(withRandomTexts);
    const usual = view.columns.flatMap((name) => known.filter((column) => column.name === name));
    const others = known.filter(() => random(2) === 0);
    return [usual, others, known].flatMap((columns, i): [string, Shown][] => {
      const records = Array.from({ length: 24 }, randomRecord);
      const rows = records.flatMap((record) => {
        const cells = cellsOf(columns, record);
        return cells ? [{ record, cells }] : [];
      });
      return columns.length > 0
        ? [[`${view.event.name}, ${['usual columns', 'some', 'all'][i]}`, { columns, rows }]]
        : [];
    });
  });
});

const each = (rows: Shown['rows']) => ({
  forEach: (receive: (record: EventRecord) => void) => {
    for (const { record } of rows) receive(record);
  },
});

/** Sees that all cells are there, in order. */
function assertAll(text: string, cells: readonly string[]): void {
  let at = 0;
  for (const value of cells) {
    // Blanks at its end may stand for those between columns.
    const seen = value.trimEnd();
    const found = text.indexOf(seen, at);
    assert.ok(found >= 0, `${JSON.stringify(value)} is not in ${JSON.stringify(text)}`);
    at = found + seen.length;
  }
}

describe('output: tables at every width', () => {
  it('are tried with rows', () => {
    assert.ok(all.length > 40 && all.reduce((sum, [, { rows }]) => sum + rows.length, 0) > 500);
  });

  for (const [name, { columns, rows }] of all) {
    const headers = columns.map((column) => column.name.toUpperCase());

    it(`${name}: where there is no terminal, each row is a line with all of it`, () => {
      const table = new TableFormat(columns, false);
      const header = written((out) => table.begin(out));
      assert.deepEqual(header.trim().split(/ +/), headers);
      // Twice, for what is kept of the first time is used in the second.
      for (const { record, cells } of [...rows, ...rows]) {
        const row = written((out) => table.event(record, out));
        assert.equal(row.indexOf('\n'), row.length - 1, row);
        assertAll(row, cells);
        assert.doesNotMatch(row, /…/);
      }
    });

    it(`${name}: on a terminal nothing is cut, and headers stand apart`, () => {
      for (const width of WIDTHS) {
        const table = new TableFormat(columns, false, width);
        const lines = written((out) => table.begin(out))
          .slice(0, -1)
          .split('\n');
        assert.deepEqual(
          lines.flatMap((line) => line.trim().split(/ +/)),
          headers,
          `${width}`,
        );
        for (const line of lines) assert.ok(line.length <= width || spansOf(line).length === 1, `${width}: ${line}`);
        for (const { record, cells } of rows) {
          const row = written((out) => table.event(record, out));
          assertAll(row, cells);
          assert.equal(row.split('\n').length, lines.length + 1, row);
        }
      }
    });

    it(`${name}: on a screen all fits, and what is cut is marked`, () => {
      const table = new KnownTable(columns, false, true);
      for (const width of WIDTHS) {
        for (let at = 0; at < rows.length; at += 12) {
          const some = rows.slice(at, at + 12);
          const lines = written((out) => table.write(each(some), width, out))
            .slice(0, -1)
            .split('\n');
          const perRow = linesPerRow(columns, width);
          assert.equal(lines.length, (some.length + 1) * perRow);
          for (const line of lines) assert.ok(displayWidth(line) <= width, `${width}: ${line}`);
          const shown = lines.slice(0, perRow).join(' ');
          if (!shown.includes('…')) assert.deepEqual(shown.trim().split(/ +/), headers);
          some.forEach(({ cells }, i) => {
            const row = lines.slice((i + 1) * perRow, (i + 2) * perRow).join('\n');
            if (!row.includes('…')) assertAll(row, cells);
          });
        }
      }
    });

    it(`${name}: a table that is all there is cut nowhere where it is no screen`, () => {
      const table = new KnownTable(columns, false, false);
      for (const width of WIDTHS) {
        const text = written((out) => table.write(each(rows), width, out));
        assertAll(
          text,
          rows.flatMap(({ cells }) => cells),
        );
        assert.doesNotMatch(text, /…/);
      }
    });
  }
});
