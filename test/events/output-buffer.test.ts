import assert from 'node:assert/strict';
import { OutputBuffer } from '../../src/events/output-buffer.js';
import { random } from '../helpers/random.js';
import { interesting64, text } from './helpers.js';

const LOW = 0xffffffffn;

describe('events: OutputBuffer', () => {
  it('writes unsigned 64-bit integers exactly', () => {
    for (const value of interesting64(20_000)) {
      const written = text((out) => out.unsigned64(Number(value & LOW), Number(value >> 32n)));
      assert.equal(written, value.toString());
    }
  });

  it('writes every integer that a double holds', () => {
    const next = random(53);
    const values = [0, 1, 9, 10, 99, 100, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1];
    for (let power = 10; power < Number.MAX_SAFE_INTEGER; power *= 10) values.push(power - 1, power, power + 1);
    for (let i = 0; i < 20_000; i++) values.push(Math.floor((next() * 2 ** 21 + (next() >>> 11)) / 2 ** (next() % 53)));
    for (const value of values) {
      assert.equal(
        text((out) => out.integer(value)),
        String(value),
      );
      if (value > 0)
        assert.equal(
          text((out) => out.integer(-value)),
          String(-value),
        );
    }
  });

  it('writes digits with leading zeros', () => {
    for (const [value, digits, written] of [
      [0, 1, '0'],
      [0, 9, '000000000'],
      [42, 6, '000042'],
      [999999999, 9, '999999999'],
    ] as const)
      assert.equal(
        text((out) => out.digits(value, digits)),
        written,
      );
  });

  it('grows with what is written, whatever the kind', () => {
    const out = new OutputBuffer();
    const long = 'ab'.repeat(40_000);
    const euros = '€'.repeat(30_000);
    const bytes = Buffer.alloc(50_001, 'z');
    out.ascii(long);
    out.utf8(euros);
    out.copy(bytes, 1, bytes.length);
    for (let i = 0; i < 70_000; i++) out.byte(45);
    const expected = long + euros + 'z'.repeat(50_000) + '-'.repeat(70_000);
    assert.equal(out.take().toString(), expected);
  });

  it('copies runs of every length', () => {
    const source = Buffer.from(Array.from({ length: 100 }, (_, i) => i + 100));
    for (let size = 0; size <= 64; size++) {
      const out = new OutputBuffer();
      out.byte(1);
      out.copy(source, 3, 3 + size);
      assert.deepEqual(out.take(), Buffer.concat([Buffer.of(1), source.subarray(3, 3 + size)]));
    }
  });

  it('hands over what was written and is empty then', () => {
    const out = new OutputBuffer();
    out.ascii('first');
    const first = out.take();
    out.ascii('second');
    assert.equal(out.length, 6);
    assert.equal(first.toString(), 'first');
    assert.equal(out.take().toString(), 'second');
    assert.equal(out.take().length, 0);
  });

  it('aligns columns, and cuts nothing', () => {
    const aligned = (width: number) =>
      text((out) => {
        out.ascii('x');
        const start = out.length;
        out.ascii('abc');
        out.alignRight(start, width);
      });
    assert.deepEqual([aligned(5), aligned(3), aligned(1)], ['x  abc', 'xabc', 'xabc']);
  });
});
