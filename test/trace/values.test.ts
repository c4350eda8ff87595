import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../src/errors.js';
import { mountPoint, mountPoints } from '../../src/kernel/mounts.js';
import { namespaceOf } from '../../src/kernel/processes.js';
import { NameDatabase } from '../../src/kernel/users.js';
import {
  LONGEST_RUN_MS,
  parseBytes,
  parseCgroups,
  parseComms,
  parseDuration,
  parseInteger,
  parseIntegers,
  parseNamespaces,
  parseSize,
  parseUsers,
} from '../../src/trace/values.js';
import { needs } from '../capability.js';

/** For assert.throws: one line that names the flag, and what was given. */
function usage(...parts: string[]): (error: unknown) => boolean {
  return (error) =>
    error instanceof UsageError &&
    error.code === 'ERR_SNOOPKIT_USAGE' &&
    !error.message.includes('\n') &&
    parts.every((part) => error.message.includes(part));
}

describe('cli: whole numbers', () => {
  for (const [text, value] of [
    ['0', 0],
    ['1', 1],
    ['007', 7],
    ['4294967295', 4294967295],
  ] as const)
    it(`${text} is one`, () => assert.equal(parseInteger('--pid', text), value));

  for (const text of [
    '',
    ' ',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '4294967296',
    '99999999999999999999',
    'one',
    '1 ',
    '١',
  ])
    it(`'${text}' is none`, () => assert.throws(() => parseInteger('--pid', text), usage('--pid', text, '4294967295')));

  it('have limits', () => {
    assert.equal(parseInteger('-N', '9007199254740991', 1, Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
    assert.throws(() => parseInteger('-N', '0', 1, 10), usage('-N 0', 'from 1 to 10'));
    assert.throws(() => parseInteger('-N', '11', 1, 10), usage('-N 11'));
  });

  it('come in lists, in several flags', () => {
    assert.deepEqual(parseIntegers('--pid'), []);
    assert.deepEqual(parseIntegers('--pid', ['1,2', '3', ' 4 , 5']), [1, 2, 3, 4, 5]);
    assert.deepEqual(parseIntegers('--ppid', ['0'], 0), [0]);
    for (const wrong of ['0', '1,', ',1', '1,,2', '1;2', '1 2'])
      assert.throws(() => parseIntegers('--pid', [wrong]), usage('--pid'), wrong);
  });
});

describe('cli: users', () => {
  const users = new NameDatabase('passwd', '/dev/null');

  it('are numbers or names', () => {
    assert.deepEqual(parseUsers('--uid', undefined, users), []);
    assert.deepEqual(parseUsers('--uid', ['0,4294967295', '12'], users), [0, 4294967295, 12]);
    assert.deepEqual(parseUsers('--uid', ['root,0'], new NameDatabase('passwd')), [0, 0]);
  });

  it('must be there by their name', () => {
    assert.throws(() => parseUsers('--uid', ['no-such-user'], users), usage('--uid no-such-user', 'no such user'));
    assert.throws(() => parseUsers('--uid', [''], users), usage('--uid'));
    assert.throws(() => parseUsers('--uid', ['4294967296'], users), usage('--uid 4294967296'));
  });
});

describe('cli: namespaces', () => {
  it('are numbers, or those of a process', () => {
    const own = namespaceOf('self', 'net');
    assert.deepEqual(parseNamespaces('--netns', 'net', [`4026531840,pid:${process.pid}`]), [4026531840, own]);
    assert.deepEqual(parseNamespaces('--mntns', 'mnt'), []);
  });

  it('must be there', () => {
    const child = spawnSync('true');
    assert.throws(
      () => parseNamespaces('--netns', 'net', [`pid:${child.pid}`]),
      usage('--netns pid:', 'no such process'),
    );
    for (const wrong of ['', 'pid:', 'pid:x', 'net:[1]', '0', 'pid:-1'])
      assert.throws(() => parseNamespaces('--mntns', 'mnt', [wrong]), usage('--mntns'), wrong);
  });
});

describe('cli: command names', () => {
  it('are at most 15 bytes, and 8 of them', () => {
    assert.deepEqual(parseComms('--comm'), []);
    assert.deepEqual(parseComms('--comm', ['nginx', 'a,b', 'fifteen-bytes-.']), ['nginx', 'a,b', 'fifteen-bytes-.']);
    assert.deepEqual(parseComms('--comm', Array(8).fill('x')).length, 8);
    assert.throws(() => parseComms('--comm', Array(9).fill('x')), usage('--comm: 9', '8'));
    assert.throws(() => parseComms('--comm', ['']), usage('--comm'));
    assert.throws(() => parseComms('--comm', ['sixteen-bytes-..']), usage('--comm sixteen', '15 bytes'));
    assert.throws(() => parseComms('--comm', ['éééééééé']), usage('--comm', '15 bytes'));
  });
});

describe('cli: cgroups', () => {
  it('are folders of the tree, by either path', function () {
    needs(this, 'root');
    needs(this, 'cgroup2');
    const root = mountPoint('cgroup2') as string;
    const name = `snoopkit-values-${process.pid}`;
    mkdirSync(join(root, name));
    try {
      for (const text of [name, `/${name}`, join(root, name)])
        assert.deepEqual(parseCgroups('--cgroup', [text]), [join(root, name)]);
      assert.deepEqual(parseCgroups('--cgroup', ['/']), [`${root}/`]);
      assert.deepEqual(parseCgroups('--cgroup', [root]), [root]);
      assert.throws(() => parseCgroups('--cgroup', [`${name}/deeper`]), usage(`--cgroup ${name}/deeper`, 'no cgroup '));
      assert.throws(() => parseCgroups('--cgroup', [`${name}/cgroup.procs`]), usage('is not a cgroup directory'));
      assert.throws(() => parseCgroups('--cgroup', ['']), usage('--cgroup: expected the path of a cgroup'));
      assert.throws(() => parseCgroups('--cgroup', [name, '']), usage('--cgroup: expected the path of a cgroup'));
      assert.throws(() => parseCgroups('--cgroup', ['../../etc']), usage('no cgroup '));
      assert.throws(() => parseCgroups('--cgroup', Array(17).fill(name)), usage('--cgroup: 17', '16'));
    } finally {
      rmdirSync(join(root, name));
    }
  });

  it('of version 1 are distinguished from missing ones', function () {
    needs(this, 'root');
    needs(this, 'cgroup2');
    const [v1] = mountPoints('cgroup');
    needs(this, 'a cgroup of version 1', v1 !== undefined || 'none is mounted');
    const root = mountPoint('cgroup2') as string;
    const name = `snoopkit-v1-${process.pid}`;
    const folder = join(v1 as string, name);
    mkdirSync(folder);
    try {
      for (const path of [folder, v1 as string])
        assert.throws(
          () => parseCgroups('--cgroup', [path]),
          usage(`${path} is a cgroup v1 path: give the cgroup v2 path, below ${root}`),
        );
      for (const path of [name, `/${name}`])
        assert.throws(
          () => parseCgroups('--cgroup', [path]),
          usage(`--cgroup ${path}: no cgroup ${join(root, name)}, only the cgroup v1 path ${folder}`),
        );
    } finally {
      rmdirSync(folder);
    }
  });

  it('are none when none is asked for', () => assert.deepEqual(parseCgroups('--cgroup'), []));
});

describe('cli: sizes', () => {
  for (const [text, bytes] of [
    ['1', 4096],
    ['4096', 4096],
    ['4097', 8192],
    ['4K', 4096],
    ['4k', 4096],
    ['5K', 8192],
    ['8M', 8 << 20],
    ['8MB', 8 << 20],
    ['8MiB', 8 << 20],
    ['3m', 4 << 20],
    ['1G', 1 << 30],
    ['1023M', 1 << 30],
  ] as const)
    it(`${text} is ${bytes} bytes`, () => assert.equal(parseSize('--buffer', text), bytes));

  for (const text of [
    '',
    '0',
    '0M',
    '-1',
    '1.5M',
    '1T',
    'M',
    '8 M',
    '2G',
    '1025M',
    '99999999999999999999',
    '8Mi8',
    'Infinity',
  ])
    it(`'${text}' is no size`, () =>
      assert.throws(() => parseSize('--buffer', text), usage('--buffer', text, 'such as 8M')));
});

describe('cli: sizes that are kept as they are given', () => {
  for (const [text, bytes] of [
    ['1', 1],
    ['100', 100],
    ['4K', 4096],
    ['128kib', 131_072],
  ] as const)
    it(`${text} is ${bytes} bytes`, () => assert.equal(parseBytes('--max-args', text, 128 << 10), bytes));

  for (const text of ['', '0', '-1', 'K', '129K', '131073', '1M', '4 K'])
    it(`refuses "${text}"`, () =>
      assert.throws(() => parseBytes('--max-args', text, 128 << 10), usage('--max-args', text, 'from 1 to 128K')));
});

describe('cli: durations', () => {
  for (const [text, ms] of [
    ['5', 5000],
    ['5s', 5000],
    ['0.25', 250],
    ['500ms', 500],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['596h', 2_145_600_000],
  ] as const)
    it(`${text} is ${ms} ms`, () => assert.equal(parseDuration('--duration', text), ms));

  it('may be longer for what is made for it', () => {
    assert.equal(parseDuration('--duration', '600h', LONGEST_RUN_MS), 2_160_000_000);
    assert.throws(() => parseDuration('--interval', '600h'), /at most 596h$/);
  });

  for (const text of ['', '0', '0ms', '-1', '5d', '5 s', 's', '.5', '5.', '1e3', '597h', '1m30s', 'Infinity'])
    it(`'${text}' is no duration`, () =>
      assert.throws(() => parseDuration('--duration', text), usage('--duration', text, '500ms')));
});
