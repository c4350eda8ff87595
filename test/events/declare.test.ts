/** The types of columns, for a struct with a field of each kind. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Btf } from '../../src/btf/index.js';
import { EventRecord } from '../../src/events/column.js';
import { membersOf } from '../../src/events/declare.js';
import { eventSchema } from '../../src/events/schema.js';
import { fakeContext } from './helpers.js';

const object = fileURLToPath(new URL('../events/fixtures/kinds.bpf.o', import.meta.url));

describe('events: their types in TypeScript', () => {
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

  /** Words to fill records with: nothing; the number 1; an error; text of one byte, at an offset where there is none. */
  const SAMPLES = [0, 1, 0xffffffff, 0x40000001];

  function recordOf(word: number, size: number): EventRecord {
    const record = new EventRecord();
    record.setBytes(Buffer.from(new Uint32Array(Math.ceil(size / 4)).fill(word).buffer));
    record.length = 2 ** 31;
    return record;
  }

  /** Values that a stated type has. */
  const IS: Readonly<Record<string, (value: unknown) => boolean>> = {
    number: (value) => typeof value === 'number',
    bigint: (value) => typeof value === 'bigint',
    boolean: (value) => typeof value === 'boolean',
    string: (value) => typeof value === 'string',
    'string | null': (value) => value === null || typeof value === 'string',
    'string[] | null': (value) => value === null || Array.isArray(value),
    'Record<string, string> | null': (value) => value === null || (typeof value === 'object' && !Array.isArray(value)),
    Histogram: (value) => typeof value === 'object' && value !== null && 'buckets' in value,
    Value: (value) => value !== undefined && value !== null,
  };

  for (const struct of [
    'numbers',
    'meanings',
    'lists',
    'signals',
    'flags',
    'sockets',
    'packets',
    'stacks',
    'spread',
    'shapes',
  ])
    it(`are those of the values that are read: ${struct}`, () => {
      const context = fakeContext({ hostName: () => 'host', cgroupPath: (id) => (id === 0n ? undefined : '/') });
      const { columns, size } = eventSchema(btf, struct, context);
      for (const column of columns) {
        let seen = 0;
        for (const word of SAMPLES) {
          try {
            const value = column.value(recordOf(word, size));
            if (value === undefined) assert.ok(column.isPresent, column.name);
            else assert.ok(IS[column.type]?.(value), `${column.name}: ${column.type} = ${String(value)}`);
            if (value !== undefined) seen++;
          } catch (error) {
            // Not every sample is a possible text.
            if (!(error instanceof RangeError)) throw error;
          }
        }
        assert.ok(seen > 0, `no sample record has a value of ${column.name}`);
      }
    });
});
