import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { type Column, EventRecord, type ListColumn } from '../../src/events/column.js';
import { eventSchema } from '../../src/events/schema.js';
import { CsvFormat } from '../../src/output/csv.js';
import { JsonFormat } from '../../src/output/json.js';
import { TableFormat } from '../../src/output/table.js';
import { btf, fakeContext } from '../events/helpers.js';
import { randomBelow } from '../helpers/random.js';
import { bytes, hostileNames } from './helpers.js';

/** struct lists of test/events/fixtures/kinds.bpf.c: two of struct snoop_list. */
const { columns, size } = eventSchema(btf, 'lists', fakeContext({ envNames: ['PATH', 'ODD'] }));
const SOURCE_READ = 1 << 30;
const TRUNCATED = 1 << 29;

/** A record whose lists have these texts behind the struct. */
function recordOf(texts: readonly Uint8Array[], { cut = 0, count = 0, total = 0 } = {}): EventRecord {
  const tail = Buffer.concat(texts.flatMap((text) => [text, Buffer.of(0)]));
  const length = tail.length - cut;
  const memory = Buffer.concat([Buffer.alloc(size), tail.subarray(0, length)]);
  for (const at of [0, 16]) {
    memory.writeUInt32LE(size, at);
    memory.writeUInt32LE((length | SOURCE_READ | (cut > 0 ? TRUNCATED : 0)) >>> 0, at + 4);
    memory.writeUInt32LE(count, at + 8);
    memory.writeUInt32LE(total, at + 12);
  }
  const record = new EventRecord();
  record.setBytes(memory);
  record.length = memory.length;
  return record;
}

const words = (...texts: string[]) => texts.map((text) => Buffer.from(text, 'latin1'));
const column = (name: string): Column => columns.find((known) => known.name === name) ?? assert.fail(name);
const [args, env] = [column('args') as ListColumn, column('env') as ListColumn];
const json = (record: EventRecord, shown = args) =>
  JSON.parse(bytes((out) => new JsonFormat('x', [shown]).event(record, out)).toString());
const table = (record: EventRecord, shown = args) =>
  bytes((out) => new TableFormat([shown], false).event(record, out))
    .toString()
    .slice(0, -1);

describe('output: lists', () => {
  it('are arrays in JSON, and in objects', () => {
    const record = recordOf(words('a', '', 'b c'));
    assert.deepEqual(json(record), { event: 'x', args: ['a', '', 'b c'] });
    assert.deepEqual(args.value(record), ['a', '', 'b c']);
  });

  it('are empty', () => {
    const record = recordOf([]);
    assert.deepEqual([json(record).args, table(record), args.value(record)], [[], '', []]);
  });

  it('may be missing', () => {
    const record = new EventRecord();
    record.setBytes(Buffer.alloc(size));
    record.length = size;
    assert.deepEqual([json(record).args, table(record), args.value(record)], [null, '?', null]);
    assert.equal(bytes((out) => new CsvFormat([args]).event(record, out)).toString(), '\n');
  });

  it('say where they were cut', () => {
    const cut = recordOf(words('one', 'two'), { cut: 2, count: 9, total: 99 });
    assert.deepEqual(json(cut), {
      event: 'x',
      args: ['one', 'tw'],
      args_truncated: true,
      args_count: 9,
      args_size: 99,
    });
    assert.equal(table(cut), 'one tw...[truncated: 9 words, 99 bytes in all]');
    const unknown = recordOf(words('one', 'two'), { cut: 2 });
    assert.deepEqual(json(unknown), { event: 'x', args: ['one', 'tw'], args_truncated: true });
    assert.equal(table(unknown), 'one tw...[truncated]');
  });

  it('have the exact bytes of all beside them when one is not UTF-8', () => {
    const record = recordOf(words('a', '\xff\xfe'));
    const { args: lossy, args_base64: exact } = json(record);
    assert.deepEqual(lossy, ['a', '\ufffd\ufffd']);
    assert.deepEqual(exact, ['YQ==', '//4=']);
  });

  it('are objects where the texts have names, of those that were asked for', () => {
    const record = recordOf(words('HOME=/root', 'PATH=/bin:/sbin', 'ODD=a=b', 'PATHS=no', 'ODDITY'));
    assert.deepEqual(json(record, env), { event: 'x', env: { PATH: '/bin:/sbin', ODD: 'a=b' } });
    assert.deepEqual(env.value(record), { PATH: '/bin:/sbin', ODD: 'a=b' });
    assert.equal(table(record, env), 'PATH=/bin:/sbin ODD=a=b');
    const odd = recordOf(words('ODD=\xff'));
    assert.deepEqual(json(odd, env), { event: 'x', env: { ODD: '\ufffd' }, env_base64: { ODD: '/w==' } });
  });

  it('are one cell of CSV', () => {
    const record = recordOf(words('a', 'b c', 'd,e', 'f"g', '~'));
    assert.equal(bytes((out) => new CsvFormat([args]).event(record, out)).toString(), `"a 'b c' d,e 'f""g' '~'"\n`);
  });

  it('are, in JSON, what JSON.stringify makes of the texts: random ones', () => {
    const below = randomBelow(5);
    const names = [...hostileNames(500)];
    for (let round = 0; round < 300; round++) {
      const texts = Array.from({ length: below(8) }, () =>
        Buffer.from((names[below(names.length)] as Buffer).filter((byte) => byte !== 0)),
      );
      const { args: shown, args_base64: exact } = json(recordOf(texts));
      assert.deepEqual(shown, texts.map(String));
      assert.equal(
        exact === undefined,
        texts.every((text) => isUtf8(text)),
      );
      if (exact)
        assert.deepEqual(
          exact.map((text: string) => Buffer.from(text, 'base64')),
          texts,
        );
    }
  });

  it('are, in a table, what a shell takes for the same: random ones', () => {
    const names = [...hostileNames(400)].map((name) => Buffer.from(name.filter((byte) => byte !== 0)));
    const line = table(recordOf(names));
    assert.match(line, /^[^\p{Cc}]*$/u);
    const script = `printf '%s\\0' ${line}`;
    const said = execFileSync('bash', ['-s'], { input: script, env: { LC_ALL: 'C.UTF-8' }, maxBuffer: 1 << 24 });
    assert.deepEqual(said, Buffer.concat(names.flatMap((name) => [name, Buffer.of(0)])));
  });
});
