/** Each way to see opens, in turn: what is seen must be the same. */
import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { type OpenEvent, Workbench } from '../helpers/opens.js';
import { snoopkit } from '../helpers/run.js';

const O_LARGEFILE = 'O_LARGEFILE';
const [O_CREAT_WRONLY, O_CLOEXEC] = [0o101, 0o2000000];

const KINDS = ['tracepoint', 'fentry', 'tp_btf'] as const;

describe('opensnoop, whatever hooks it has', () => {
  let bench: Workbench;
  before(function () {
    needs(this, 'root');
    bench = new Workbench();
  });
  after(() => bench?.remove());

  /** One of each kind of call, of those that this architecture has, and what is to be seen of them. */
  function calls(): { steps: (string | number)[]; expected: unknown[] } {
    const made = `${bench.folder}/made`;
    const all: [steps: (string | number)[], expected: unknown[]][] = [
      [
        ['openat', 'cwd', '/etc/hostname', O_CLOEXEC, 0],
        ['O_RDONLY|O_CLOEXEC', '0000', -100, '/etc/hostname'],
      ],
      [
        ['openat', 'cwd', '/no/such', 0, 0],
        ['O_RDONLY', '0000', -100, '/no/such', 'ENOENT'],
      ],
      [
        ['openat2', 'cwd', made, O_CREAT_WRONLY, 0o604, 0],
        ['O_WRONLY|O_CREAT', '0604', -100, made],
      ],
      [
        ['bad', 'cwd'],
        ['O_RDONLY', '0000', -100, null, 'EFAULT'],
      ],
    ];
    if (process.arch === 'x64') {
      all.push([
        ['open', '/etc/hostname', 0, 0],
        ['O_RDONLY', '0000', -100, '/etc/hostname'],
      ]);
      all.push([
        ['creat', made, 0o711],
        ['O_WRONLY|O_CREAT|O_TRUNC', '0711', -100, made],
      ]);
    }
    return { steps: all.flatMap(([steps]) => steps), expected: all.map(([, expected]) => expected) };
  }

  const shown = ({ flags, mode, dirfd, path, error }: OpenEvent) => {
    const names = flags.split('|').filter((name) => name !== O_LARGEFILE);
    return [names.join('|'), mode, dirfd, path, ...(error === undefined ? [] : [error])];
  };

  for (const kind of KINDS) {
    it(`by ${kind}`, async function () {
      if (kind === 'fentry') needs(this, 'fentry');
      const { steps, expected } = calls();
      const { events, told } = await bench.opens(['--hooks', kind], steps);
      assert.deepEqual(events.map(shown), expected);
      assert.deepEqual(
        events.map(({ ret }) => ret),
        told.map(({ ret }) => ret),
      );
    });

    it(`by ${kind}, with absolute paths, of children, only failures`, async function () {
      if (kind === 'fentry') needs(this, 'fentry');
      const command = ['sh', '-c', 'cd /etc; cat hostname nothing 2>/dev/null; exit 0'];
      const { events } = await bench.run(['--hooks', kind, '-f', '-F', '+full_path'], command);
      const own = events.filter(({ path }) => path === 'hostname' || path === 'nothing');
      assert.deepEqual(
        own.map(({ full_path, comm }) => [comm, full_path]),
        [
          ['cat', '/etc/hostname'],
          ['cat', '/etc/nothing'],
        ],
      );
      const failed = await bench.run(['--hooks', kind, '-f', '-x'], command);
      assert.ok(failed.events.some(({ path }) => path === 'nothing'));
      assert.ok(failed.events.every(({ ret }) => ret < 0));
    });
  }

  it('has none left when all are refused', async () => {
    const { status, lines, stdout } = await snoopkit(['opensnoop', '--hooks', 'kprobe', '--', 'true']);
    assert.deepEqual([status, lines.length, stdout.length], [1, 1, 0]);
    assert.match(
      lines[0] ?? '',
      /^snoopkit: opensnoop: no usable hook for opens on this kernel: tracepoint is excluded; .*\(--hooks\)$/,
    );
  });

  it('takes the next way, and says why, where one is left out', async () => {
    const { status, said, stdout } = await snoopkit([
      'opensnoop',
      ...['-v', '--hooks', 'tp_btf,kprobe', '-F', 'path', '--', 'cat', '/etc/hostname'],
    ]);
    assert.equal(status, 0);
    assert.match(said, /^snoopkit: opens: hook not used: tracepoint is excluded$/m);
    assert.match(said, /^snoopkit: opens: using tp_btf: /m);
    assert.match(stdout.toString(), /^\/etc\/hostname$/m);
  });
});
