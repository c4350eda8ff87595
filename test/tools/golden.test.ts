/** The outputs of all tools in all formats, of records that are always the same: golden/<tool>.txt shows each byte that changes. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { type Input, layoutOf } from '../../src/btf/index.js';
import { type ToolView, viewsOf } from '../../src/cli/help/manual.js';
import { toolSchema } from '../../src/cli/schema.js';
import type { Column } from '../../src/events/column.js';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { Rows } from '../../src/events/rows.js';
import { eventSchema } from '../../src/events/schema.js';
import type { MetricOptions } from '../../src/otlp/metrics/metric-instrument.js';
import type { OtlpView } from '../../src/otlp/view.js';
import { CsvFormat } from '../../src/output/csv.js';
import { type Format, LOSS_REASONS, type Opening, type Report } from '../../src/output/format.js';
import { JsonFormat } from '../../src/output/json.js';
import { ReportTable, type ReportTableOptions } from '../../src/output/report-table.js';
import { TableFormat } from '../../src/output/table.js';
import { TreeFormat, type TreeOptions } from '../../src/output/tree.js';
import { chooseColumns, withTried } from '../../src/trace/columns.js';
import { TALLY_FIELDS } from '../../src/trace/features/tally/fields.js';
import { Reporter } from '../../src/trace/features/tally/reporter.js';
import type { Tally } from '../../src/trace/features/tally/tally.js';
import type { TallyReader } from '../../src/trace/features/tally/tally-reader.js';
import { availableColumns, type ToolDefinition, usualColumns } from '../../src/trace/tool.js';
import { GoldenSections, isUpdate } from '../helpers/golden-file.js';
import { shownLogs, shownMetrics, shownSpans } from '../helpers/golden-otlp.js';
import {
  forEachRecord,
  syntheticContext,
  syntheticRecord,
  VARIANTS,
  type Variant,
} from '../helpers/synthetic-records.js';
import { ToolObject } from '../helpers/tool-object.js';
import { loadTools } from '../helpers/tools.js';

const golden = new URL('../../../test/tools/golden/', import.meta.url);
const tools = (await loadTools()).map(({ tool }) => tool);

/** A file of what is the same for all tools: losses and the opening. */
const COMMON = 'common';
const REASONS = Object.keys(LOSS_REASONS) as (keyof typeof LOSS_REASONS)[];
const WIDTH = 80;

/** Far from UTC, so that a local time is not taken for one of UTC. */
const ZONE = 'Asia/Kathmandu';
const RealDate = Date;
const NOW = RealDate.UTC(2026, 10, 21, 3, 4, 5, 678);
class FixedDate extends RealDate {
  constructor(time = NOW) {
    super(time);
  }
}

const OPENING: Opening = {
  tool: 'opensnoop',
  kernel: '6.18.0-é',
  arch: 'x64',
  hooks: { opens: ['tracepoint', 'fentry'], closes: [] },
  without: ['a "limit"'],
};

/** A whole stream, from header to footer. */
function written(
  format: Format,
  records: readonly Buffer[],
  reasons: readonly (typeof REASONS)[number][] = [],
): Buffer {
  const out = new OutputBuffer();
  format.begin(out);
  forEachRecord(records, (record) => format.event(record, out));
  reasons.forEach((reason, i) => {
    format.lost({ reason, count: i + 1, total: i + 100 }, out);
  });
  format.end?.(out);
  return out.take();
}

/** A report without rows, and one of these. */
function reported(format: Format, tally: Tally, columns: readonly Column[], rows: Buffer, size: number): Buffer {
  const out = new OutputBuffer();
  const pump = {
    events: 0,
    isDone: false,
    isFull: false,
    tally: () => undefined,
    report(report: Report) {
      format.report?.(report, out);
      pump.events++;
    },
  };
  const left = [Buffer.alloc(0), rows];
  const reader = { look: () => new Rows(rows, size), read: () => new Rows(left.shift() ?? Buffer.alloc(0), size) };
  const reporter = new Reporter(reader as unknown as TallyReader, pump, {
    sort: columns.find(({ name }) => name === tally.sort) ?? assert.fail(tally.sort),
    sums: columns.filter(({ name }) => tally.sums?.includes(name)),
    room: () => VARIANTS.length - 1,
    interval: undefined,
    lookInterval: undefined,
    isOnce: false,
    isScreen: false,
    isTotal: false,
  });
  format.begin(out);
  while (left.length > 0) reporter.finish();
  format.end?.(out);
  return out.take();
}

/** A view of a tool, and records of it. */
interface Subject {
  readonly tool: ToolDefinition;
  readonly view: ToolView;
  readonly tally: Tally | undefined;
  readonly object: ToolObject;
  readonly struct: string;
  readonly size: number;
  /** One of each variant. */
  readonly records: readonly Buffer[];
  /** A plausible one, and one that is hard to write: for what is much, and shows little that is new. */
  readonly few: readonly Buffer[];
}

function subjectOf(tool: ToolDefinition, view: ToolView, object: ToolObject): Subject {
  const { struct } = view.event;
  const tally = view.shared === TALLY_FIELDS ? tool.tally : undefined;
  const { size } = layoutOf(object.btf, struct);
  const make = (variant: Variant) => syntheticRecord(object.btf, struct, variant);
  const few = [make('usual'), make('hostile')];
  return { tool, view, tally, object, struct, size, records: VARIANTS.map(make), few };
}

/** What a run shows without any flag but that of its view, or by all flags that there are: columns of JSON and of a table. */
function chosen({ tool, view, tally, object, struct }: Subject, isAll: boolean, containers = false) {
  const { columns: all } = eventSchema(object.btf, struct, syntheticContext({ hosts: isAll, containers }));
  const flags = new Set(isAll ? Object.keys(tool.flags ?? {}) : [view.flag ?? []].flat());
  const available = availableColumns(tool, all, flags).filter(({ name }) => isAll || !tally || name !== 'cgroup');
  const usual = usualColumns(tool, view, flags, available);
  const table = isAll ? available : chooseColumns(available, usual, undefined, false);
  const data = available.filter(({ repeats }) => isAll || !repeats);
  return { all, table: withTried(table, available, view), data };
}

function addFormats(sections: GoldenSections, subject: Subject, isAll: boolean): void {
  const { tally, size, view } = subject;
  const { all, table, data } = chosen(subject, isAll);
  const records = isAll ? subject.few : subject.records;
  // Every column that is not usual is there in JSON with the other values, too.
  const brief = isAll ? records.slice(0, 1) : records;
  const add = (format: string, output: Uint8Array) =>
    sections.add(`${view.event.name}, ${isAll ? 'all' : 'usual'} columns, ${format}`, output);
  if (tally) {
    const report = (options: Partial<ReportTableOptions>, width?: number) => {
      const usual = { hasTitle: true, isScreen: false, useColor: false, width: () => width };
      return reported(new ReportTable(table, { ...usual, ...options }), tally, all, Buffer.concat(records), size);
    };
    add(`table of ${WIDTH}`, report({}, WIDTH));
    add('table in colour', report({ hasTitle: false, useColor: true }));
    if (!isAll) add('screen', report({ isScreen: true }, WIDTH));
  } else {
    add(`table of ${WIDTH}`, written(new TableFormat(table, false, WIDTH), records));
    add('table in colour', written(new TableFormat(table, true), brief));
  }
  add('CSV', written(new CsvFormat(data), brief));
  add('JSON', written(new JsonFormat(view.event.name, data), records));
}

/** Every value of the enums of a struct that has a name, as JSON has it. */
function enumTexts({ object, struct }: Subject, columns: readonly Column[]): string {
  const lines: string[] = [];
  const out = new OutputBuffer();
  for (const { name, type } of layoutOf(object.btf, struct).members) {
    const column = columns.find((candidate) => candidate.name === name);
    if (type.kind !== 'enum' || column?.kind !== 'plain') continue;
    const texts = [...type.values.keys()].map((value) => {
      forEachRecord([syntheticRecord(object.btf, struct, 'usual', { [name]: value })], (record) =>
        column.write(record, out),
      );
      return out.take().toString();
    });
    lines.push(`${[name, ...texts.filter((text) => !/^[0-9]*$/.test(text))].join(' ')}\n`);
  }
  return lines.join('');
}

/** Processes that have nothing to do with each other, and one that is below another. */
function processes({ object, struct, few }: Subject): Buffer[] {
  const [creator, creator_key] = [5_100_000, 77n];
  const child = { pid: 5_100_001, ppid: creator, creator, creator_key, key: 78n, tree_key: 77n, age: 1_000_000n };
  const parent = { pid: creator, key: creator_key, tree_key: 77n, exit_code: 0, signal: 0, age: 9_000_000n };
  const make = (variant: Variant, changes: Record<string, Input>) =>
    syntheticRecord(object.btf, struct, variant, changes);
  return [...few, make('none', { pid: 5_100_002, key: 79n }), make('usual', child), make('usual', parent)];
}

function addTree(sections: GoldenSections, subject: Subject): void {
  const { all } = chosen(subject, true);
  const add = (what: string, options: Partial<TreeOptions>) => {
    const tree = new TreeFormat(all, { failed: false, useColor: false, width: undefined, ...options });
    sections.add(`${subject.view.event.name}, tree ${what}`, written(tree, processes(subject)));
  };
  add(`of ${WIDTH}`, { width: WIDTH });
  add('in colour', { useColor: true });
  add('of what failed', { failed: true });
}

function addOtlp(sections: GoldenSections, subject: Subject): void {
  const { tool, view, tally, size, records, few } = subject;
  const { name } = view.event;
  const { all } = chosen(subject, true, true);
  const columns = all.filter(({ repeats }) => !repeats);
  const otlp: OtlpView = { tool, view, tally, columns, all, chosen: [], by: undefined, hasContainer: true };
  if (!tally) {
    const body = chosen(subject, false).table;
    sections.add(`${name}, log records`, shownLogs(otlp, records, body));
    const { spans } = tool.otlp ?? {};
    if (spans) sections.add(`${name}, spans`, shownSpans(otlp, spans === 'processes' ? processes(subject) : records));
    return;
  }
  const metrics = (what: string, given: OtlpView, rows: readonly Buffer[], options: Omit<MetricOptions, 'start'>) =>
    sections.add(`${name}, ${what}`, shownMetrics(given, Buffer.concat(rows), size, options));
  metrics('metrics', otlp, few, { temporality: 'delta', histograms: 'explicit' });
  const byAll = { ...otlp, chosen: all.map((column) => column.name) };
  metrics('cumulative metrics by all columns', byAll, few, { temporality: 'cumulative', histograms: 'exponential' });
}

/** Of the schema without descriptions, which are the words of the help. */
function schemaHash(tool: ToolDefinition): string {
  const json = JSON.stringify(toolSchema(tool), (key, value) => (key === 'description' ? undefined : value));
  return `${createHash('sha256').update(json).digest('hex')}\n`;
}

function sectionsOf(tool: ToolDefinition): GoldenSections {
  const sections = new GoldenSections();
  const object = new ToolObject(tool);
  for (const view of viewsOf(tool)) {
    const subject = subjectOf(tool, view, object);
    addFormats(sections, subject, false);
    addFormats(sections, subject, true);
    const enums = enumTexts(subject, chosen(subject, true).all);
    if (enums !== '') sections.add(`${view.event.name}, values of enums`, enums);
    if (tool.features?.includes('tree') && !subject.tally) addTree(sections, subject);
    addOtlp(sections, subject);
  }
  sections.add('schema', schemaHash(tool));
  return sections;
}

/** Every kind of loss, and the opening, in each format: they are the same for all tools. */
function commonSections(): GoldenSections {
  const sections = new GoldenSections();
  const tool = tools.find(({ name }) => name === OPENING.tool) ?? assert.fail();
  const [view = assert.fail()] = viewsOf(tool);
  const columns = chosen(subjectOf(tool, view, new ToolObject(tool)), false).data;
  const json = new JsonFormat(view.event.name, columns);
  const out = new OutputBuffer();
  json.begin(out, OPENING);
  sections.add('opening, JSON', out.take());
  sections.add('losses, JSON', written(json, [], REASONS));
  sections.add('losses, CSV', written(new CsvFormat(columns), [], REASONS));
  sections.add('losses, table', written(new TableFormat(columns, false), [], REASONS));
  const otlp = { tool, view, tally: undefined, columns, all: columns, chosen: [], by: undefined, hasContainer: true };
  sections.add('losses, log records', shownLogs(otlp, [], columns, REASONS));
  return sections;
}

describe('golden outputs', () => {
  const zone = process.env.TZ;
  before(() => {
    process.env.TZ = ZONE;
    globalThis.Date = FixedDate as DateConstructor;
  });
  after(() => {
    globalThis.Date = RealDate;
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  for (const tool of tools)
    it(`are the same as before: ${tool.name}`, () => sectionsOf(tool).check(new URL(`${tool.name}.txt`, golden)));

  it('are the same as before: what all tools have in common', () =>
    commonSections().check(new URL(`${COMMON}.txt`, golden)));

  it('are there for each tool, and for nothing else', () => {
    const expected = [COMMON, ...tools.map(({ name }) => name)].map((name) => `${name}.txt`).sort();
    const superfluous = readdirSync(golden).filter((file) => !expected.includes(file));
    if (isUpdate) for (const file of superfluous) rmSync(new URL(file, golden));
    assert.deepEqual(readdirSync(golden).sort(), expected);
  });
});
