import assert from 'node:assert/strict';
import { NotFoundError } from '../../src/errors.js';
import type { Histogram } from '../../src/events/column.js';
import { openFlagNames } from '../../src/events/kinds/syscall.js';
import { eventSchema } from '../../src/events/schema.js';
import { random } from '../helpers/random.js';
import { btf, fakeContext, Probe, variable } from './helpers.js';

describe('events: results of system calls', () => {
  for (const [ret, shown, error] of [
    [0, '0', undefined],
    [3, '3', undefined],
    [2147483647, '2147483647', undefined],
    [-1, 'EPERM', 'EPERM'],
    [-2, 'ENOENT', 'ENOENT'],
    [-133, 'EHWPOISON', 'EHWPOISON'],
    [-512, 'ERESTARTSYS', 'ERESTARTSYS'],
    [-4095, '4095', '4095'],
    [-4096, '-4096', undefined],
    [-2147483648, '-2147483648', undefined],
  ] as const) {
    it(`${ret} is shown as ${shown}`, () => {
      const probe = new Probe('meanings').set('ret', ret, 4).set('other', ret, 4);
      assert.equal(probe.written('ret'), String(ret));
      assert.equal(probe.shown('ret'), shown);
      assert.equal(probe.value('error'), error);
      assert.equal(probe.written('error'), error ?? '');
      const column = probe.column('error');
      assert.equal(column.kind === 'plain' && column.isPresent?.(probe.record), error !== undefined);
      // A typedef of the typedef means the same, and its error is named after it.
      assert.equal(probe.shown('other'), shown);
      assert.equal(probe.value('other_error'), error);
    });
  }
});

describe('events: users and groups', () => {
  const asked: number[] = [];
  const context = {
    userName: (uid: number) => {
      asked.push(uid);
      return uid === 0 ? 'root' : uid === 7 ? 'lücie' : undefined;
    },
    groupName: (gid: number) => (gid === 7 ? 'seven' : undefined),
  };

  it('are numbers, with the name in a column of its own', () => {
    const probe = new Probe('meanings', context);
    for (const [field, name] of [
      ['uid', 'user'],
      ['old_uid', 'old_user'],
      ['owner', 'owner_name'],
    ] as const) {
      assert.equal(probe.set(field, 0, 4).written(field), '0');
      assert.equal(probe.value(name), 'root');
      assert.equal(probe.set(field, 7, 4).value(name), 'lücie');
      assert.equal(probe.set(field, 4294967295, 4).value(name), '4294967295');
      assert.equal(probe.written(field), '4294967295');
    }
    assert.equal(probe.set('gid', 7, 4).value('group'), 'seven');
    assert.equal(probe.set('gid', 8, 4).value('group'), '8');
  });

  it('are looked up once', () => {
    const probe = new Probe('meanings', context);
    asked.length = 0;
    for (let i = 0; i < 5; i++) probe.set('uid', 7, 4).value('user');
    assert.deepEqual(asked, [7]);
  });
});

describe('events: addresses', () => {
  /** The oracle: the URL standard writes IPv6 as RFC 5952 does, but for mapped IPv4. */
  const normal = (groups: readonly number[]) =>
    new URL(`http://[${groups.map((group) => group.toString(16)).join(':')}]/`).hostname.slice(1, -1);
  const show = (groups: readonly number[]) => {
    const bytes = Buffer.alloc(16);
    groups.forEach((group, i) => {
      bytes.writeUInt16BE(group, 2 * i);
    });
    return new Probe('meanings').setBytes('to', bytes);
  };

  it('of IPv4 are dotted, in network order', () => {
    const next = random(4);
    const probe = new Probe('meanings');
    for (let i = 0; i < 2000; i++) {
      const bytes = Buffer.from([next() & 255, next() & 255, next() & 255, next() & 255]);
      probe.setBytes('from', bytes);
      assert.equal(probe.written('from'), [...bytes].join('.'));
      assert.equal(probe.value('from'), [...bytes].join('.'));
    }
  });

  it('of IPv6 are written as RFC 5952 wants', () => {
    const next = random(6);
    for (let i = 0; i < 5000; i++) {
      // Many zeros, so that runs of them are of all lengths.
      const groups = Array.from({ length: 8 }, () => (next() % 3 ? 0 : next() & (next() % 2 ? 0xffff : 0xf)));
      assert.equal(show(groups).written('to'), normal(groups));
    }
  });

  for (const [groups, written] of [
    [[0, 0, 0, 0, 0, 0, 0, 0], '::'],
    [[0, 0, 0, 0, 0, 0, 0, 1], '::1'],
    [[1, 0, 0, 0, 0, 0, 0, 0], '1::'],
    [[0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], '2001:db8::1:0:0:1'],
    [[1, 0, 2, 3, 4, 5, 6, 7], '1:0:2:3:4:5:6:7'],
    [[0, 0, 0, 0, 0, 0xffff, 0x0a00, 0x0001], '10.0.0.1'],
    [[0, 0, 0, 0, 0, 0xffff, 0xffff, 0xffff], '255.255.255.255'],
    [[0, 0, 0, 0, 0, 0xfffe, 0x0a00, 0x0001], '::fffe:a00:1'],
    [[0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff], 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ] as const)
    it(`${written} is written so`, () => assert.equal(show(groups).written('to'), written));
});

describe('events: flags of open(2)', () => {
  const common: [number, string][] = [
    [0, 'O_RDONLY'],
    [1, 'O_WRONLY'],
    [2, 'O_RDWR'],
    [3, 'O_ACCMODE'],
    [0o101, 'O_WRONLY|O_CREAT'],
    [0o1101, 'O_WRONLY|O_CREAT|O_TRUNC'],
    [0o301, 'O_WRONLY|O_CREAT|O_EXCL'],
    [0o2000000, 'O_RDONLY|O_CLOEXEC'],
    [0o4010000, 'O_RDONLY|O_SYNC'],
    [0o10000, 'O_RDONLY|O_DSYNC'],
    [0o10000000, 'O_RDONLY|O_PATH'],
    [0o6400, 'O_RDONLY|O_NOCTTY|O_APPEND|O_NONBLOCK'],
    [0o40000000, 'O_RDONLY|0x800000'],
    [0x80000000, 'O_RDONLY|0x80000000'],
  ];
  const own: Record<string, [number, string][]> = {
    x64: [
      [0o200000, 'O_RDONLY|O_DIRECTORY'],
      [0o400000, 'O_RDONLY|O_NOFOLLOW'],
      [0o40000, 'O_RDONLY|O_DIRECT'],
      [0o100000, 'O_RDONLY|O_LARGEFILE'],
      [0o20200002, 'O_RDWR|O_TMPFILE'],
    ],
    arm64: [
      [0o40000, 'O_RDONLY|O_DIRECTORY'],
      [0o100000, 'O_RDONLY|O_NOFOLLOW'],
      [0o200000, 'O_RDONLY|O_DIRECT'],
      [0o400000, 'O_RDONLY|O_LARGEFILE'],
      [0o20040002, 'O_RDWR|O_TMPFILE'],
    ],
  };
  for (const arch of ['x64', 'arm64']) {
    for (const [flags, names] of [...common, ...(own[arch] ?? [])]) {
      it(`0o${flags.toString(8)} is ${names} on ${arch}`, () => {
        assert.equal(openFlagNames(flags, arch), names);
        const probe = new Probe('meanings', { arch }).set('flags', flags, 4);
        assert.deepEqual([probe.written('flags'), probe.value('flags')], [names, names]);
      });
    }
  }

  it('name each bit once, on an architecture that nobody knows, too', () => {
    const next = random(8);
    for (let i = 0; i < 2000; i++) {
      for (const arch of ['x64', 'arm64', 'riscv64']) {
        const names = openFlagNames(next(), arch).split('|');
        assert.equal(new Set(names).size, names.length);
      }
    }
  });
});

describe('events: modes and directories', () => {
  for (const [mode, written] of [
    [0, '0000'],
    [0o644, '0644'],
    [0o7777, '7777'],
    [0o100644, '100644'],
    [0xffffffff, '37777777777'],
  ] as const)
    it(`mode ${written} is octal`, () =>
      assert.equal(new Probe('meanings').set('mode', mode, 4).written('mode'), written));

  for (const [dirfd, written, shown] of [
    [-100, '-100', 'AT_FDCWD'],
    [3, '3', '3'],
    [-1, '-1', '-1'],
  ] as const)
    it(`directory ${written} is shown as ${shown}`, () => {
      const probe = new Probe('meanings').set('dirfd', dirfd, 4);
      assert.deepEqual([probe.written('dirfd'), probe.shown('dirfd'), probe.value('dirfd')], [written, shown, dirfd]);
    });
});

describe('events: signals', () => {
  const code = (signal: number, value: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32LE(value, 0);
    bytes.writeInt32LE(signal, 4);
    return new Probe('signals').setBytes('code', bytes);
  };
  const isPresent = (probe: Probe, name: string) => {
    const column = probe.column(name);
    return column.kind === 'plain' && column.isPresent?.(probe.record);
  };

  for (const [signal, name] of [
    [9, 'SIGKILL'],
    [33, 'SIG33'],
    [37, 'SIGRTMIN+3'],
    [64, 'SIGRTMAX'],
    [99, '99'],
    [-1, '-1'],
    [0, undefined],
  ] as const)
    it(`${signal} is ${name}`, () => {
      const probe = new Probe('signals').set('signal', signal, 4);
      assert.deepEqual([probe.value('signal'), probe.written('signal')], [name, name ?? '']);
      assert.equal(isPresent(probe, 'signal'), name !== undefined);
    });

  for (const [signal, value, name] of [
    [11, 1, 'SEGV_MAPERR'],
    [17, 1, 'CLD_EXITED'],
    [15, 0, 'SI_USER'],
    [15, -6, 'SI_TKILL'],
    [10, 1, '1'],
    [0, 0, undefined],
  ] as const)
    it(`code ${value} of ${signal} is ${name}`, () => {
      const probe = code(signal, value);
      assert.deepEqual([probe.value('code'), probe.written('code')], [name, name ?? '']);
      assert.equal(isPresent(probe, 'code'), name !== undefined);
    });

  for (const [result, name] of [
    [0, 'delivered'],
    [4, 'lose_info'],
    [5, '5'],
    [100, 'probed'],
    [-3, 'ESRCH'],
  ] as const)
    it(`result ${result} is ${name}`, () => {
      const probe = new Probe('signals').set('result', result, 4);
      assert.deepEqual([probe.value('result'), probe.written('result')], [name, name]);
    });
});

describe('events: histograms', () => {
  const probe = (bytes: Buffer) => {
    const result = new Probe('spread');
    result.record.bytes.set(bytes, result.record.offset);
    return result;
  };
  /** One value in each of some slots. */
  const withSlots = (...slots: number[]) => {
    const bytes = Buffer.alloc(new Probe('spread').schema.size);
    for (const slot of slots) bytes.writeBigUInt64LE(1n, 16 + slot * 8);
    return probe(bytes);
  };

  it('have their buckets from the first to the last that is not empty', () => {
    const { unit, count, sum, buckets } = probe(variable('spread_some')).value('took') as Histogram;
    assert.deepEqual([unit, sum, buckets.length], ['ns', 9007199254740993n, 54]);
    assert.equal(count, 2 + 1 + Number.MAX_SAFE_INTEGER + 1);
    assert.deepEqual(buckets.slice(0, 4), [
      { from: 0, to: 1, count: 2 },
      { from: 1, to: 2, count: 1 },
      { from: 2, to: 4, count: 0 },
      { from: 4, to: 8, count: Number.MAX_SAFE_INTEGER },
    ]);
    assert.deepEqual(buckets.at(-1), { from: 2 ** 52, to: undefined, count: 1 });
    assert.deepEqual(
      (withSlots(5, 7).value('took') as Histogram).buckets.map(({ from, count }) => [from, count]),
      [
        [16, 1],
        [32, 0],
        [64, 1],
      ],
    );
  });

  it('have their number and their average in columns of their own', () => {
    const some = withSlots(10, 11).set('took', 3001, 8);
    assert.deepEqual([some.written('took_count'), some.written('took_average')], ['2', '1500']);
    assert.deepEqual([some.value('took_count'), some.value('took_average')], [2, 1500n]);
    assert.equal(some.shown('took_average'), '1.5us');
  });

  it('may be empty', () => {
    const empty = withSlots();
    assert.deepEqual(empty.value('took'), { unit: 'ns', count: 0, sum: 0n, buckets: [] });
    assert.equal(empty.value('took_average'), undefined);
    const column = empty.column('took_average');
    assert.equal(column.kind === 'plain' && column.isPresent?.(empty.record), false);
  });
});

describe('events: schema', () => {
  it('says when there is no such struct', () => {
    const wrong = () => eventSchema(btf, 'no_such_event', fakeContext());
    assert.throws(wrong, (error) => error instanceof NotFoundError && /no_such_event/.test(error.message));
    assert.throws(() => eventSchema(btf, 'plan', fakeContext()), NotFoundError);
  });

  it('has the columns in the order of the struct, and its size', () => {
    const { size, columns } = eventSchema(btf, 'numbers', fakeContext());
    assert.equal(size, 56);
    assert.deepEqual(
      columns.slice(0, 4).map(({ name }) => name),
      ['u8', 's8', 'u16', 's16'],
    );
  });
});
