import assert from 'node:assert/strict';
import { laidOut, linesOf } from '../../src/output/layout.js';
import { TableFormat } from '../../src/output/table.js';
import { ToolObject } from '../helpers/tool-object.js';
import { loadTool } from '../helpers/tools.js';
import { bytes, nameColumn, numberColumn, record, show } from './helpers.js';

async function usualColumns(name: string, withTime: boolean) {
  const tool = await loadTool(name);
  const known = new ToolObject(tool).columns(tool.event.struct);
  const names = withTime ? ['time', ...tool.columns] : tool.columns;
  return names.flatMap((wanted) => known.filter((column) => column.name === wanted));
}

describe('output: rows on a terminal of 80 columns', () => {
  for (const tool of [
    'udpsnoop',
    'tcplife',
    'tcpstates',
    'tcpretrans',
    'tcpdrop',
    'tcpaccept',
    'solisten',
    'bindsnoop',
  ])
    it(`${tool}: have one line`, async () => {
      assert.equal(linesOf(laidOut(await usualColumns(tool, false), 80)).length, 1);
    });

  for (const tool of ['filesnoop', 'opensnoop', 'tcpconnect', 'sigsnoop', 'exitsnoop'])
    it(`${tool}: have one line with the time`, async () => {
      assert.equal(linesOf(laidOut(await usualColumns(tool, true), 80)).length, 1);
    });

  it('give what is left to the last columns first, and nothing away where there is enough', () => {
    const columns = [nameColumn('comm', 16), { ...numberColumn(), width: 10, least: 7 }, nameColumn('path', 20)];
    const rooms = (width: number) => laidOut(columns, width).map(({ room }) => room);
    // The last one of a usual line needs only 12.
    assert.deepEqual(rooms(40), [16, 10, 20]);
    assert.deepEqual(rooms(39), [12, 7, 18]);
    assert.deepEqual(rooms(33), [12, 7, 12]);
    assert.equal(linesOf(laidOut(columns, 32)).length, 2);
  });

  it('are not cut: what is too wide takes blanks from what follows', () => {
    const columns = [nameColumn('comm', 16), { ...numberColumn(), width: 10, least: 7 }, nameColumn('path', 20)];
    const table = new TableFormat(columns, false, 36);
    show({ name: Buffer.from('a-name-of-16-byt'), number: 5 });
    assert.equal(bytes((out) => table.begin(out)).toString(), 'COMM          NUMBER PATH\n');
    assert.equal(bytes((out) => table.event(record, out)).toString(), 'a-name-of-16-byt   5 a-name-of-16-byt\n');
  });
});
