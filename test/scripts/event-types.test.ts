/** The types of columns, for a struct with a field of each kind. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { membersOf } from '../../scripts/event-types.js';
import { Btf } from '../../src/btf/index.js';

const object = fileURLToPath(new URL('../events/fixtures/kinds.bpf.o', import.meta.url));

describe('scripts: types of events', () => {
  const btf = Btf.parse(readFileSync(object));
  const check = (struct: string, types: Readonly<Record<string, string>>) => {
    const members = Object.entries(types).map(([name, type]) => `${name}: ${type};`);
    const all = membersOf(btf, struct);
    assert.deepEqual(
      all.filter((member) => members.includes(member)),
      members,
      all.join('\n'),
    );
  };

  it('are those of numbers, of 64 bits too', () =>
    check('numbers', {
      u8: 'number',
      s32: 'number',
      u64: 'bigint',
      s64: 'bigint',
      flag: 'boolean',
      pointer: 'bigint',
    }));

  it('are those of values with a meaning, which may be unreadable', () =>
    check('meanings', { time: 'bigint', user: 'string', mode: 'number', plan: 'string', text: 'string | null' }));

  it('are optional where not every event has the column', () => {
    check('meanings', { ret: 'number', 'error?': 'string', 'other_error?': 'string' });
    check('signals', { 'signal?': 'string', 'code?': 'string', result: 'string' });
    check('packets', { 'reason?': 'string', 'state?': 'string' });
    check('stacks', { 'location?': 'string' });
  });

  it('are those of lists, histograms, cgroups and other values', () => {
    check('lists', { args: 'string[] | null', env: 'Record<string, string> | null' });
    check('stacks', { stack: 'string[] | null' });
    check('spread', { took_count: 'number', 'took_average?': 'bigint', took: 'Histogram' });
    check('sockets', { local_addr: 'string', local_port: 'number', cgroup: 'string | null' });
    check('shapes', { outer_port: 'number', outer_in_deepest: 'number', low: 'number', wide: 'bigint', list: 'Value' });
  });
});
