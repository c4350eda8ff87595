import assert from 'node:assert/strict';
import { Rows } from '../../src/events/rows.js';
import { KnownTable } from '../../src/output/known-table.js';
import { Probe } from '../events/helpers.js';
import { bytes } from './helpers.js';

describe('output: a table cut to a screen', () => {
  const { schema, record } = new Probe('sockets').setBytes(
    'local',
    Buffer.from('20010db8000100020003000400050001bb010000', 'hex'),
  );
  const rows = new Rows(record.bytes.subarray(record.offset, record.offset + record.length), record.length);
  const shown = (name: string) => {
    const column = schema.columns.filter((candidate) => candidate.name === name);
    return bytes((out) => new KnownTable(column, false, true).write(rows, 16, out))
      .toString()
      .split('\n')[1];
  };

  it('keeps the port of an endpoint', () => {
    assert.match(shown('local') ?? '', /^\[2001:db8.*…?]:443$/);
  });

  it('keeps nothing of an address, whose last group is no port', () => {
    assert.doesNotMatch(shown('local_addr') ?? '', /:1$/);
  });
});
