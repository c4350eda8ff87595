import assert from 'node:assert/strict';
import { type Column, type EventRecord, type ListColumn, TextList } from '../../src/events/column.js';
import { CsvFormat } from '../../src/output/csv.js';
import { JsonFormat } from '../../src/output/json.js';
import { TableFormat } from '../../src/output/table.js';
import { Probe, text } from './helpers.js';

const BASE = 0xffffffff81000000n;
const NAMES = ['bpf_prog_1', 'bpf_trace_run3', 'tcp_send', 'tcp_timer', 'veth_xmit'];
/** One name for each 256 bytes, the last in a module. */
const context = {
  kernelSymbol: (address: bigint) => {
    const name = NAMES[Number((address - BASE) >> 8n)];
    const offset = `+0x${((address - BASE) & 0xffn).toString(16)}`;
    return name && `${name}${offset}${name.startsWith('veth') ? ' [veth]' : ''}`;
  },
};
const SOURCE_READ = 1 << 30;
const TRUNCATED = 1 << 29;

/** A record with a stack of these addresses, counted from BASE. */
function probeOf(stack: readonly number[], flags = SOURCE_READ): Probe {
  const probe = new Probe('stacks', context);
  const { size } = probe.schema;
  const memory = Buffer.alloc(size + 8 * stack.length);
  memory.writeUInt32LE(size, 8);
  memory.writeUInt32LE(((8 * stack.length) | flags) >>> 0, 12);
  for (const [i, at] of stack.entries()) memory.writeBigUInt64LE(BASE + BigInt(at), size + 8 * i);
  return probe.fill(memory);
}

const STACK = [0x210, 0x301, 0x4ff];
const SHOWN = ['tcp_send+0x10', 'tcp_timer+0x1', 'veth_xmit+0xff [veth]'];

describe('events: a stack', () => {
  it('has the names of its functions', () => assert.deepEqual(probeOf(STACK).value('stack'), SHOWN));

  it('has an address where there is no name', () =>
    assert.deepEqual(probeOf([0x210, 0x900]).value('stack'), ['tcp_send+0x10', '0xffffffff81000900']));

  it('leaves out what is there because a program runs', () =>
    assert.deepEqual(probeOf([0x900, 0x10, 0x120, ...STACK]).value('stack'), SHOWN));

  it('is null where it could not be read, and may be cut', () => {
    assert.equal(probeOf([], 0).value('stack'), null);
    const list = new TextList();
    const cut = probeOf(STACK, SOURCE_READ | TRUNCATED);
    (cut.column('stack') as ListColumn).locate(cut.record, list);
    assert.ok(list.span.isTruncated);
  });

  it('must lie in its record', () => {
    const probe = probeOf(STACK);
    probe.record.length -= 8;
    assert.throws(() => probe.value('stack'), RangeError);
  });

  it('is below its row in a table, and a member or a cell elsewhere', () => {
    const probe = probeOf(STACK).set('location', BASE + 0x202n, 8);
    const columns: Column[] = [probe.column('stack'), probe.column('location')];
    const event = (format: { event(record: EventRecord, out: Parameters<TableFormat['begin']>[0]): void }) =>
      text((out) => format.event(probe.record, out));
    const table = new TableFormat(columns, false);
    assert.equal(
      text((out) => table.begin(out)),
      'LOCATION\n',
    );
    assert.equal(event(table), `tcp_send+0x2\n${SHOWN.map((name) => `    ${name}\n`).join('')}`);
    assert.deepEqual(JSON.parse(event(new JsonFormat('x', columns))).stack, SHOWN);
    assert.equal(event(new CsvFormat(columns)), "tcp_send+0x10 tcp_timer+0x1 'veth_xmit+0xff [veth]',tcp_send+0x2\n");
  });
});

describe('events: an address of the kernel', () => {
  it('has the name of its function, or is one', () => {
    const probe = probeOf([]);
    for (const [at, shown] of [
      [0x3ff, 'tcp_timer+0xff'],
      [0x900, '0xffffffff81000900'],
    ] as const) {
      probe.set('location', BASE + BigInt(at), 8);
      assert.deepEqual([probe.value('location'), probe.written('location')], [shown, shown]);
    }
  });

  it('is not there where it is 0', () => {
    const probe = probeOf([]);
    const column = probe.column('location');
    assert.ok(column.kind === 'plain' && column.isPresent?.(probe.record) === false);
    assert.deepEqual([probe.value('location'), probe.written('location')], [undefined, '']);
  });
});
