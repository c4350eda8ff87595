import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import type { Format } from '../../src/output/format.js';
import { JsonFormat } from '../../src/output/json.js';
import { bytes, event, HARMFUL, hostileNames, nameColumn, numberColumn, record, show } from './helpers.js';

// Unlike TextDecoder without options, which takes a byte order mark away.
const lossy = new TextDecoder('utf-8', { ignoreBOM: true });

function line(format: JsonFormat): Buffer {
  return bytes((out) => format.event(record, out));
}

describe('output: JSON', () => {
  const format = new JsonFormat('open', [numberColumn(), nameColumn()]);

  it('is an object a line, whose first member is the event', () => {
    show({ number: 42, name: Buffer.from('/etc/hosts') });
    assert.equal(line(format).toString(), '{"event":"open","number":42,"name":"/etc/hosts"}\n');
    assert.equal(bytes((out) => (format as Format).begin(out)).length, 0);
  });

  it('survives every name: valid, harmless, and exact', () => {
    for (const name of hostileNames(5000)) {
      show({ name });
      const written = line(format);
      assert.ok(isUtf8(written));
      const text = written.toString();
      assert.ok(text.endsWith('}\n'));
      assert.doesNotMatch(text.slice(0, -1), HARMFUL, name.toString('hex'));
      const object = JSON.parse(text);
      assert.equal(object.name, lossy.decode(name), name.toString('hex'));
      const exact = isUtf8(name) ? undefined : name.toString('base64');
      assert.equal(object.name_base64, exact, name.toString('hex'));
      assert.deepEqual(Object.keys(object), [
        'event',
        'number',
        'name',
        ...(exact === undefined ? [] : ['name_base64']),
      ]);
    }
  });

  it('survives every character', () => {
    for (let code = 0; code < 0x3000; code++) {
      show({ name: Buffer.from(`a${String.fromCodePoint(code)}b`) });
      const text = line(format).toString();
      assert.doesNotMatch(text.slice(0, -1), HARMFUL);
      assert.equal(JSON.parse(text).name, `a${String.fromCodePoint(code)}b`);
    }
  });

  it('keeps nothing that is known later', () => {
    let path = '';
    const passing = numberColumn({
      dependsOn: { offset: 0, size: 0 },
      isPassing: () => path === '',
      write: (_record, out) => out.ascii(path || 'null'),
    });
    const kept = new JsonFormat('open', [passing]);
    const written = ['', 'found', 'other'].map((next) => {
      path = next;
      return JSON.parse(
        line(kept)
          .toString()
          .replace(/:(found|other)/, ':"$1"'),
      ).number;
    });
    // What was written once it was known is kept.
    assert.deepEqual(written, [null, 'found', 'found']);
  });

  it('has null for what is missing, and says what is truncated', () => {
    show({ isMissing: true, after: '?' });
    assert.deepEqual(JSON.parse(line(format).toString()), { event: 'open', number: 0, name: null });
    show({ name: Buffer.from('x'), isTruncated: true, before: 'for', after: 'people' });
    assert.deepEqual(JSON.parse(line(format).toString()), {
      event: 'open',
      number: 0,
      name: 'x',
      name_truncated: true,
    });
    show({ name: Buffer.of(0xff), isTruncated: true });
    assert.deepEqual(JSON.parse(line(format).toString()), {
      event: 'open',
      number: 0,
      name: '\ufffd',
      name_base64: '/w==',
      name_truncated: true,
    });
  });

  it('quotes what is a string, and leaves out what an event has not', () => {
    const quoted = numberColumn({ json: 'string' });
    const absent = numberColumn({ name: 'absent', isPresent: () => false });
    const present = numberColumn({ name: 'present', isPresent: () => true });
    // For people is for people alone.
    const people = numberColumn({ name: 'people', writeForPeople: (_record, out) => out.ascii('no') });
    event.number = 7;
    assert.equal(
      line(new JsonFormat('x', [quoted, absent, present, people])).toString(),
      '{"event":"x","number":"7","present":7,"people":7}\n',
    );
  });

  it('has losses as lines of their own', () => {
    const text = bytes((out) => format.lost({ reason: 'ring_full', count: 3, total: 10 }, out)).toString();
    const { time, ...rest } = JSON.parse(text);
    assert.deepEqual(rest, { event: 'lost', reason: 'ring_full', count: 3, total: 10 });
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(text.endsWith('}\n'));
  });
});
