import assert from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type Input, layoutOf, writeValue } from '../../src/btf/index.js';
import { toolSchema } from '../../src/cli/schema.js';
import { type Column, EventRecord } from '../../src/events/column.js';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { LOSS_REASONS, type Loss } from '../../src/output/format.js';
import { JsonFormat } from '../../src/output/json.js';
import { type JsonSchema, lineSchema } from '../../src/output/json-schema.js';
import { availableColumns } from '../../src/trace/tool.js';
import tool from '../../tools/opensnoop.js';
import sigsnoop from '../../tools/sigsnoop.js';
import { btf, Probe } from '../events/helpers.js';
import { random } from '../helpers/random.js';
import { snoopkit } from '../helpers/run.js';
import { ToolObject } from '../helpers/tool-object.js';

const SOURCE = { missing: 0, read: 1, joined: 2 };

/** Throws where a line is not what the schema says. */
function validator(schema: JsonSchema): (line: unknown) => void {
  // Strict about the schema itself; `format` is only told, not checked.
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false });
  const validate = ajv.compile(schema);
  return (line) => {
    assert.ok(validate(line), `${JSON.stringify(line)}\n${ajv.errorsText(validate.errors)}`);
  };
}

/** A record's line by JsonFormat; undefined if the record can't be read. */
function lineOf(
  record: EventRecord,
  columns: readonly Column[],
  event = tool.event.name,
): Record<string, unknown> | undefined {
  const out = new OutputBuffer();
  try {
    new JsonFormat(event, columns).event(record, out);
  } catch (error) {
    assert.ok(error instanceof RangeError);
    return undefined;
  }
  return JSON.parse(out.take().toString());
}

describe('output: JSON Schema of opensnoop', () => {
  let object: ToolObject;
  let isLine: (line: unknown) => void;
  let usual: Column[];
  let all: Column[];
  before(() => {
    object = new ToolObject(tool);
    isLine = validator(toolSchema(tool));
    all = [...object.columns(tool.event.struct)];
    usual = availableColumns(tool, all, new Set());
  });

  /** A record as the BPF program sends it, its texts behind the struct. */
  function recordOf(members: { [member: string]: Input }, tail: Uint8Array = new Uint8Array()): EventRecord {
    const layout = layoutOf(object.btf, tool.event.struct);
    const bytes = Buffer.alloc(layout.size + tail.length);
    bytes.set(tail, layout.size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (const [name, value] of Object.entries(members)) {
      const member = layout.members.find((candidate) => candidate.name === name);
      assert.ok(member, name);
      writeValue(member.type, view, member.offset, value, name);
    }
    const record = new EventRecord();
    record.setBytes(bytes);
    record.length = bytes.length;
    return record;
  }

  const span = (offset: number, length: number, source = SOURCE.read, truncated = 0) => {
    const { size } = layoutOf(object.btf, tool.event.struct);
    return { offset: size + offset, length, truncated, source };
  };

  it('is that of an open that went well, and of one that failed', () => {
    const path = Buffer.from('/etc/hosts');
    const common = {
      time: 12_345_678_901n,
      pid: 7,
      tid: 8,
      ppid: 1,
      uid: 0,
      comm: 'cat',
      flags: 0o2000000,
      dirfd: -100,
    };
    const good = lineOf(recordOf({ ...common, ret: 3, path: span(0, 10) }, path), usual);
    assert.deepEqual(
      { path: good?.path, time: good?.time, error: good?.error },
      { path: '/etc/hosts', time: '1970-01-01T00:00:12.345678901Z', error: undefined },
    );
    isLine(good);
    const failed = lineOf(recordOf({ ...common, ret: -2, path: span(0, 10) }, path), usual);
    assert.equal(failed?.error, 'ENOENT');
    isLine(failed);
  });

  it('is that of texts that are missing, cut, or not UTF-8', () => {
    const missing = lineOf(recordOf({ path: span(0, 0, SOURCE.missing) }), usual);
    assert.equal(missing?.path, null);
    isLine(missing);
    const strange = lineOf(
      recordOf({ comm: Buffer.of(0xff), path: span(0, 2, SOURCE.read, 1) }, Buffer.of(0x2f, 0xe9)),
      usual,
    );
    assert.deepEqual([strange?.path_base64, strange?.path_truncated, strange?.comm_base64], ['L+k=', true, '/w==']);
    isLine(strange);
  });

  it('is that of --full-path', () => {
    const tail = Buffer.from('hosts\0etc\0');
    for (const source of [SOURCE.read, SOURCE.joined]) {
      const line = lineOf(recordOf({ path: span(0, 5), full_path: span(0, 10, source) }, tail), all);
      assert.deepEqual([line?.full_path, line?.full_path_resolved], ['/etc/hosts', source === SOURCE.read]);
      isLine(line);
    }
    const line = lineOf(recordOf({ path: span(0, 5), full_path: span(0, 0, SOURCE.missing) }, tail), all);
    assert.equal(line?.full_path, null);
    isLine(line);
  });

  it('is that of a loss', () => {
    for (const reason of Object.keys(LOSS_REASONS) as Loss['reason'][]) {
      const out = new OutputBuffer();
      new JsonFormat('open', usual).lost({ reason, count: 2, total: 5 }, out);
      isLine(JSON.parse(out.take().toString()));
    }
  });

  it('is that of a start', () => {
    const out = new OutputBuffer();
    const hooks = { opens: ['tracepoint'], failures: ['tracepoint', 'tp_btf'] };
    const opening = { tool: 'opensnoop', kernel: '6.12.1', arch: 'x64', hooks, without: ['nothing is shown of it'] };
    new JsonFormat('open', usual).begin(out, opening);
    const line = JSON.parse(out.take().toString());
    assert.equal(line.event, 'start');
    isLine(line);
    new JsonFormat('open', usual).begin(out);
    assert.equal(out.take().length, 0);
  });

  it('is that of nothing else', () => {
    const good = lineOf(recordOf({ path: span(0, 1) }, Buffer.from('/')), usual) ?? {};
    isLine(good);
    const { path: _path, ...pathless } = good;
    for (const wrong of [
      pathless,
      { ...good, pid: '7' },
      { ...good, event: 'exec' },
      { ...good, path_truncated: false },
      { ...good, more: 1 },
      { ...good, time: '1970-01-01T00:00:12Z' },
      { event: 'lost', reason: 'ring_full', count: 1, total: 1 },
    ]) {
      assert.throws(() => isLine(wrong), JSON.stringify(wrong));
    }
  });

  it('describes each column', () => {
    const [event] = toolSchema(tool).oneOf as [{ properties: Record<string, { description?: string }> }];
    for (const { name } of all) assert.match(event.properties[name]?.description ?? '', /\w/, name);
  });
});

describe('output: JSON Schema of other types', () => {
  for (const struct of ['numbers', 'meanings', 'shapes', 'spread']) {
    it(`is that of any struct ${struct}`, () => {
      const { schema, record } = new Probe(struct);
      const columns = schema.columns.map((column) => ({ column, description: undefined, isOptional: false }));
      const isLine = validator(lineSchema(struct, [{ event: 'thing', columns }]));
      const next = random(5);
      let lines = 0;
      for (let i = 0; i < 2000; i++) {
        for (let at = 0; at < schema.size; at++) record.bytes[record.offset + at] = i === 0 ? 0 : next();
        for (const { name, offset } of layoutOf(btf, struct).members) {
          const at = record.offset + offset;
          // Texts that lie nowhere make a record unreadable, and so do times that no calendar has.
          if (['text', 'path', 'whole'].includes(name)) {
            record.bytes.fill(0, at, at + 7);
            record.bytes[at + 7] = next() & 0xe0;
          }
          if (name === 'time') record.bytes.fill(0, at + 7, at + 8);
        }
        const line = lineOf(record, schema.columns, 'thing');
        if (line === undefined) continue;
        lines++;
        isLine(line);
      }
      assert.ok(lines > 1000, `${lines} lines`);
    });
  }
});

describe('output: JSON Schema of two kinds of lines', () => {
  it('is that of an event, and of a row of what is added up', () => {
    const isLine = validator(toolSchema(sigsnoop));
    const [event, row] = toolSchema(sigsnoop).oneOf as { properties: { event: { const: string } } }[];
    assert.deepEqual([event?.properties.event.const, row?.properties.event.const], ['signal', 'signal_count']);
    const time = '1970-01-01T00:00:12.345678901Z';
    const line = { event: 'signal_count', time, interval: 5, comm: 'sh', target_comm: '', origin: 'kill' };
    isLine({ ...line, result: 'probed', count: 1 });
    assert.throws(() => isLine(line));
    assert.throws(() => isLine({ ...line, result: 'probed', count: 1, pid: 7 }));
  });
});

describe('cli: schema', () => {
  it('is printed as JSON', async () => {
    const { status, stdout, said } = await snoopkit(['schema', 'opensnoop']);
    assert.equal(status, 0, said);
    assert.deepEqual(JSON.parse(stdout.toString()), JSON.parse(JSON.stringify(toolSchema(tool))));
  });
});
