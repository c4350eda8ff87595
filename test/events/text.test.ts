import assert from 'node:assert/strict';
import { layoutOf } from '../../src/btf/index.js';
import { btf, Probe } from './helpers.js';

const SIZE = layoutOf(btf, 'meanings').size;
const [MISSING, READ, JOINED, NAMED] = [0, 1, 2, 3];
const TRUNCATED = '...[truncated]';

interface Span {
  tail?: string | Buffer;
  source?: number;
  isTruncated?: boolean;
  isDeleted?: boolean;
  offset?: number;
  length?: number;
}

/** A record whose span `field` points into the tail behind the struct. */
function withSpan(
  field: string,
  { tail = '', source = READ, isTruncated = false, isDeleted = false, offset, length }: Span,
): Probe {
  const bytes = Buffer.from(tail);
  const probe = new Probe('meanings').fill(Buffer.concat([Buffer.alloc(SIZE), bytes]));
  const bits = (isTruncated ? 0x20000000 : 0) | (isDeleted ? 0x10000000 : 0) | (source << 30);
  const word = (((length ?? bytes.length) & 0x0fffffff) | bits) >>> 0;
  const span = Buffer.alloc(8);
  span.writeUInt32LE(offset ?? SIZE);
  span.writeUInt32LE(word, 4);
  return probe.setBytes(field, span);
}

const plain = { before: '', after: '', isMissing: false, isTruncated: false };

describe('events: char arrays', () => {
  for (const [bytes, text] of [
    ['', ''],
    ['cat', 'cat'],
    ['fifteen chars..', 'fifteen chars..'],
    ['sixteen chars...', 'sixteen chars...'],
    ['a\0rest', 'a'],
  ] as const)
    it(`${JSON.stringify(bytes)} reads as ${JSON.stringify(text)}`, () => {
      const probe = new Probe('meanings').setBytes('comm', Buffer.from(bytes));
      assert.equal(probe.value('comm'), text);
      assert.deepEqual(probe.span('comm'), { text, ...plain });
    });

  it('fill their place to the end without a NUL', () => {
    const probe = new Probe('meanings').setBytes('tag', Buffer.from('abcd')).setBytes('letter', Buffer.from('e'));
    assert.equal(probe.value('tag'), 'abcd');
  });

  it('keep bytes that are not UTF-8', () => {
    const probe = new Probe('meanings').setBytes('comm', Buffer.from([0x61, 0xff, 0xfe]));
    assert.equal(probe.value('comm'), 'a\ufffd\ufffd');
    assert.equal(probe.span('comm').text, 'a\xff\xfe');
  });

  it('keep a byte order mark', () => {
    const probe = new Probe('meanings').setBytes('comm', Buffer.from('\ufeffx'));
    assert.equal(probe.value('comm'), '\ufeffx');
  });
});

describe('events: texts of variable length', () => {
  for (const field of ['text', 'path']) {
    it(`${field} is what the span says`, () => {
      assert.deepEqual(withSpan(field, { tail: '/etc/hosts' }).span(field), { text: '/etc/hosts', ...plain });
      assert.deepEqual(withSpan(field, { tail: '' }).span(field), { text: '', ...plain });
      const inside = withSpan(field, { tail: 'xx/etc/hostsyy', offset: SIZE + 2, length: 10 });
      assert.deepEqual(inside.span(field), { text: '/etc/hosts', ...plain });
      assert.equal(inside.value(field), '/etc/hosts');
    });

    it(`${field} may be missing`, () => {
      const probe = withSpan(field, { source: MISSING });
      assert.equal(probe.span(field).isMissing, true);
      assert.equal(probe.value(field), null);
    });

    it(`${field} may be truncated, which is said behind it`, () => {
      const probe = withSpan(field, { tail: '/long', isTruncated: true });
      assert.deepEqual(probe.span(field), { text: '/long', ...plain, after: TRUNCATED, isTruncated: true });
      // The same span without it afterwards.
      assert.deepEqual(withSpan(field, { tail: '/s' }).span(field), { text: '/s', ...plain });
    });

    it(`${field} outside its record can't be read`, () => {
      for (const wrong of [
        { offset: SIZE, length: 5 },
        { offset: SIZE + 5, length: 0 },
        { offset: 0xffffffff, length: 1 },
        { offset: 0, length: 0x0fffffff },
      ])
        assert.throws(() => withSpan(field, { tail: 'four', ...wrong }).span(field), RangeError, JSON.stringify(wrong));
      assert.equal(withSpan(field, { tail: 'four', offset: SIZE + 4, length: 0 }).span(field).text, '');
    });
  }
});

describe('events: paths from components', () => {
  const rows: [string, string, string][] = [
    ['a file below two folders', 'hosts\0etc\0', '/etc/hosts'],
    ['a deep one', 'd\0c\0b\0a\0', '/a/b/c/d'],
    ['the root', '', '/'],
    ['one name', 'vmlinuz\0', '/vmlinuz'],
    ['a name with slashes below a folder', 'b/c/d\0a\0', '/a/b/c/d'],
    ['an absolute name', '/etc//hosts\0', '/etc//hosts'],
    ['slashes in front', '///etc/hosts\0', '/etc/hosts'],
    ['an absolute name in a changed root', '/etc/hosts\0jail\0srv\0', '/srv/jail/etc/hosts'],
    ['only a slash below a folder', '/\0jail\0', '/jail'],
    ['an empty name below a folder', '\0etc\0', '/etc'],
    ['a dot', '.\0etc\0', '/etc/.'],
    ['an empty name at the root', '\0', '/'],
  ];
  for (const [what, tail, text] of rows)
    it(`join ${what}`, () => assert.deepEqual(withSpan('whole', { tail }).span('whole'), { text, ...plain }));

  for (const [name, text, isAlone] of [
    ['f', '/srv/jail/f', true],
    ['/f', '/srv/jail/f', true],
    ['./f', '/srv/jail/f', true],
    ['../f', '/srv/f', true],
    ['../../../f', '/f', true],
    ['a//b/./c', '/srv/jail/a/b/c', false],
    ['a/../b', '/srv/jail/b', false],
    ['a/..', '/srv/jail', false],
    ['a/../../../..', '/', false],
    ['..', '/srv', true],
    ['/../../f', '/srv/jail/f', true],
    ['/a/../../..', '/srv/jail', false],
    ['', '/srv/jail', true],
    ['...', '/srv/jail/...', true],
    ['a/', '/srv/jail/a', true],
  ] as const)
    it(`follow "${name}" as it was given`, () => {
      for (const source of [JOINED, NAMED]) {
        const probe = withSpan('whole', { tail: `${name}\0jail\0srv\0`, source });
        const resolved = source === NAMED && isAlone;
        assert.deepEqual(probe.span('whole'), { text, ...plain, before: resolved ? '' : '[unresolved]' });
        assert.equal(probe.value('whole_resolved'), resolved);
      }
    });

  it('keep any bytes', () => {
    const tail = Buffer.from([0xff, 0x0a, 0, 0xfe, 0x22, 0]);
    assert.equal(withSpan('whole', { tail }).span('whole').text, '/\xfe"/\xff\n');
  });

  it('of more bytes than ever before', () => {
    const name = 'n'.repeat(255);
    const tail = `${name}\0`.repeat(150);
    assert.equal(withSpan('whole', { tail }).span('whole').text, `/${name}`.repeat(150));
  });

  it('say when the upper part is missing, and that links are not resolved', () => {
    const truncated = withSpan('whole', { tail: 'c\0b\0', isTruncated: true });
    assert.deepEqual(truncated.span('whole'), {
      text: '/b/c',
      before: '[truncated]...',
      after: '',
      isMissing: false,
      isTruncated: true,
    });
    const joined = withSpan('whole', { tail: 'c\0b\0', source: JOINED });
    assert.deepEqual(joined.span('whole'), { text: '/b/c', ...plain, before: '[unresolved]' });
    assert.equal(withSpan('whole', { source: MISSING }).value('whole'), null);
  });

  it('say when what was there is deleted, whatever its name', () => {
    for (const [tail, isDeleted, source, text, before, after] of [
      ['b\0a\0', true, READ, '/a/b', '', ' (deleted)'],
      ['b\0a\0', true, JOINED, '/a/b', '[unresolved]', ' (deleted)'],
      ['b (deleted)\0', false, READ, '/b (deleted)', '', ''],
      ['b (deleted)\0', true, READ, '/b (deleted)', '', ' (deleted)'],
    ] as const) {
      const probe = withSpan('whole', { tail, isDeleted, source });
      assert.deepEqual(probe.span('whole'), { text, ...plain, before, after });
      assert.deepEqual([probe.value('whole_deleted'), probe.written('whole_deleted')], [isDeleted, String(isDeleted)]);
    }
  });

  it('tell programs whether they are resolved', () => {
    for (const [source, resolved] of [
      [READ, true],
      [JOINED, false],
      [MISSING, false],
    ] as const) {
      const probe = withSpan('whole', { tail: 'a\0', source });
      assert.equal(probe.value('whole_resolved'), resolved);
      assert.equal(probe.written('whole_resolved'), String(resolved));
    }
  });

  it("outside their record can't be read", () => {
    const probe = withSpan('whole', { tail: 'a\0', length: 3 });
    assert.throws(() => probe.span('whole'), RangeError);
    assert.throws(() => probe.value('whole_resolved'), RangeError);
  });
});
