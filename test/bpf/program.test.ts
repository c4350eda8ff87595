import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BpfError, ClosedError, UnsupportedError } from '../../src/bpf/errors.js';
import type { BpfLink } from '../../src/bpf/link.js';
import type { BpfObject } from '../../src/bpf/object.js';
import { tracepointId } from '../../src/bpf/tracefs.js';
import { NotFoundError } from '../../src/errors.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { PROBED, Running } from '../helpers/run.js';
import { proves } from '../kernels/types.js';
import { callGetegid, counter, load, open, openFiles } from './helpers.js';

/** Whether a program counts what happens, and no longer when its link is closed. */
function countsWhile(object: BpfObject, name: string, link: BpfLink, happen = callGetegid): void {
  const before = counter(object, name);
  happen(5);
  const during = counter(object, name);
  assert.ok(during >= before + 5n, `${name}: ${before}, ${during}`);
  link.close();
  const after = counter(object, name);
  happen(5);
  assert.equal(counter(object, name), after);
}

describe('bpf: programs on hooks of the kernel', () => {
  before(function () {
    needs(this, 'root');
  });

  proves({ tracepoint: 'counted', raw_tracepoint: 'counted' }).it('attach where their section says', () => {
    using object = load('hooks', ['count_tracepoint', 'count_raw']);
    countsWhile(object, 'tracepoints', object.programs.need('count_tracepoint').attach());
    countsWhile(object, 'raw_tracepoints', object.programs.need('count_raw').attach());
  });

  proves({ 'tracing trace_raw_tp': 'counted' }).it('attach to a typed tracepoint', function () {
    needs(this, 'kernel-btf');
    using object = load('hooks', ['count_typed']);
    countsWhile(object, 'typed_tracepoints', object.programs.need('count_typed').attach());
  });

  it('attach to another tracepoint, by hand', () => {
    using object = load('hooks', ['count_tracepoint', 'count_raw']);
    const program = object.programs.need('count_tracepoint');
    countsWhile(object, 'tracepoints', program.attachTracepoint('syscalls', 'sys_exit_getegid'));
    countsWhile(object, 'raw_tracepoints', object.programs.need('count_raw').attachRawTracepoint('sys_exit'));
  });

  it('attach to several hooks at once', () => {
    using object = load('hooks', ['count_tracepoint']);
    const program = object.programs.need('count_tracepoint');
    const [one, two] = [program.attach(), program.attachTracepoint('syscalls', 'sys_exit_getegid')];
    callGetegid(3);
    assert.equal(counter(object, 'tracepoints'), 6n);
    one.close();
    callGetegid(3);
    assert.equal(counter(object, 'tracepoints'), 9n);
    two.close();
    callGetegid(3);
    assert.equal(counter(object, 'tracepoints'), 9n);
  });

  it('say what this kernel has not', () => {
    using object = load('hooks', ['count_tracepoint', 'count_raw']);
    const unsupported = (pattern: RegExp) => (error: unknown) =>
      error instanceof UnsupportedError && pattern.test(error.message);
    assert.throws(
      () => object.programs.need('count_tracepoint').attachTracepoint('syscalls', 'sys_enter_nothing'),
      unsupported(/^cannot attach count_tracepoint: .*syscalls:sys_enter_nothing$/),
    );
    assert.throws(() => object.programs.need('count_raw').attachRawTracepoint('no_such_tp'), unsupported(/no_such_tp/));
    assert.equal(tracepointId('syscalls', 'sys_enter_nothing'), undefined);
    assert.ok((tracepointId('syscalls', 'sys_enter_getegid') ?? 0) > 0);
  });

  it('can take another target before they are loaded', function () {
    needs(this, 'kernel-btf');
    using opened = open('hooks');
    for (const program of opened.programs.values()) program.autoload = program.name === 'count_typed';
    const typed = opened.programs.need('count_typed');
    typed.attachTarget = 'sys_exit';
    assert.throws(() => {
      typed.attachTarget = 'no_such_tracepoint';
    }, NotFoundError);
    typed.attachTarget = 'sys_exit';
    opened.globals.need('target').set(process.pid);
    using object = opened.load();
    countsWhile(object, 'typed_tracepoints', object.programs.need('count_typed').attach());
    assert.throws(() => {
      typed.attachTarget = 'sys_enter';
    }, ClosedError);
  });
});

describe('bpf: programs on functions of the kernel', () => {
  before(function () {
    needs(this, 'root');
  });

  proves({ 'kprobe kprobe': 'counted', 'kprobe kretprobe': 'result read' }).it(
    'see their entry and their return, by kprobes',
    function () {
      needs(this, 'kprobe-pmu');
      using object = load('hooks', ['count_open', 'count_opened']);
      const [entry, exit] = [object.programs.need('count_open'), object.programs.need('count_opened')];
      countsWhile(object, 'opens', entry.attach(), openFiles);
      countsWhile(object, 'opened', exit.attach(), openFiles);
      countsWhile(object, 'opens', entry.attachKprobe('vfs_open'), openFiles);
      countsWhile(object, 'opened', exit.attachKprobe('vfs_open'), openFiles);
      assert.equal(counter(object, 'open_result'), 0n);
    },
  );

  it('must be there, for kprobes', function () {
    needs(this, 'kprobe-pmu');
    using object = load('hooks', ['count_open']);
    assert.throws(
      () => object.programs.need('count_open').attachKprobe('no_such_function'),
      (error) => error instanceof UnsupportedError && /no_such_function/.test(error.message),
    );
  });

  proves({ 'tracing trace_fentry': 'counted', 'tracing trace_fexit': 'result read' }).it(
    'see their entry and their exit, by fentry and fexit',
    function () {
      needs(this, 'fentry');
      using object = load('fentry');
      countsWhile(object, 'entered', object.programs.need('count_entry').attach(), openFiles);
      countsWhile(object, 'left', object.programs.need('count_exit').attach(), openFiles);
      const again = () => object.programs.need('count_entry').attachTrace();
      if (kernelIsSince(5, 13)) countsWhile(object, 'entered', again(), openFiles);
      else assert.throws(again, { name: 'UnsupportedError', message: /this kernel attaches .* only once$/ });
      assert.equal(counter(object, 'result'), 0n);
    },
  );

  it('must be there, for fentry', function () {
    needs(this, 'fentry');
    const opened = open('fentry');
    assert.throws(() => {
      opened.programs.need('count_entry').attachTarget = 'no_such_function';
    }, /to no_such_function: there is no such function in the kernel's BTF$/);
    // It has looked in all modules, and libbpf 1.1 lets go of their types at load alone.
    opened.load().close();
  });
});

describe('bpf: programs on functions of a program', () => {
  const symbol = 'probed';
  let probed: Running;
  let asked = 0;
  before(function () {
    needs(this, 'root');
    probed = new Running(PROBED, []);
  });
  after(() => probed?.kill());

  /** Has the function called. */
  async function call(count: number): Promise<void> {
    asked++;
    probed.child.stdin?.write(`${count}\n`);
    await probed.says(new RegExp(`^(-?\\d+\\n){${asked}}$`), 'stdout');
  }

  proves({ 'kprobe uprobe': 'argument read', 'kprobe uretprobe': 'result read' }).it(
    'see its entry and its return',
    async () => {
      using object = load('hooks', ['count_entry', 'count_return']);
      object.programs.need('count_entry').attachUprobe(PROBED, symbol);
      const link = object.programs.need('count_return').attachUprobe(PROBED, symbol, { pid: probed.pid });
      await call(4);
      assert.deepEqual(
        ['entered', 'returned', 'last_argument', 'last_result'].map((name) => counter(object, name)),
        [4n, 4n, 21n, 42n],
      );
      link.close();
      await call(2);
      assert.deepEqual([counter(object, 'entered'), counter(object, 'returned')], [6n, 4n]);
    },
  );

  it('see one process alone', async () => {
    using object = load('hooks', ['count_entry']);
    object.programs.need('count_entry').attachUprobe(PROBED, symbol, { pid: process.pid });
    await call(3);
    assert.equal(counter(object, 'entered'), 0n);
  });

  it('attach by the place in the file', async () => {
    const [, address = ''] =
      new RegExp(`^([0-9a-f]+) . ${symbol}$`, 'm').exec(execFileSync('nm', [PROBED], { encoding: 'utf8' })) ?? [];
    const headers = execFileSync('readelf', ['-lW', PROBED], { encoding: 'utf8' });
    const loads = [...headers.matchAll(/LOAD\s+0x(\w+) 0x(\w+) 0x\w+ 0x(\w+)/g)].map((row) =>
      row.slice(1).map((hex) => Number.parseInt(hex, 16)),
    );
    const at = Number.parseInt(address, 16);
    const [from = 0, start = 0] = loads.find(([, low = 0, size = 0]) => at >= low && at < low + size) ?? [];
    using object = load('hooks', ['count_entry']);
    object.programs.need('count_entry').attachUprobe(PROBED, '', { offset: at - start + from });
    await call(5);
    assert.equal(counter(object, 'entered'), 5n);
  });

  it('must be there', () => {
    using object = load('hooks', ['count_entry']);
    const program = object.programs.need('count_entry');
    assert.throws(() => program.attachUprobe(PROBED, 'no_such_function'), {
      code: 'ERR_SNOOPKIT_NOT_FOUND',
      kind: 'symbol',
      message: `cannot attach count_entry to no_such_function of ${PROBED}: there is no such symbol`,
    });
    assert.throws(() => program.attachUprobe('/no/such/program', 'main'), {
      code: 'ERR_SNOOPKIT_NOT_FOUND',
      kind: 'file',
      message: /: there is no such file$/,
    });
  });
});

describe('bpf: iterators', () => {
  before(function () {
    needs(this, 'root');
    needs(this, 'kernel-btf');
  });

  proves({ 'tracing trace_iter task': 'listed' }).it(
    'write what they walk through: the threads of this process',
    () => {
      using object = load('iterator');
      for (const link of [
        object.programs.need('dump_task').attach(),
        object.programs.need('dump_task').attachIterator(),
      ]) {
        const fd = link.openIterator();
        try {
          const rows = readFileSync(fd, 'utf8').trimEnd().split('\n');
          assert.ok(rows.length > 1, 'Node has several threads');
          assert.ok(rows.every((row) => row.startsWith(`${process.pid} `)));
          const name = readFileSync('/proc/self/comm', 'utf8').trim();
          assert.ok(rows.includes(`${process.pid} ${process.pid} ${name}`), rows.join('\n'));
        } finally {
          closeSync(fd);
        }
        link.close();
        assert.throws(() => link.openIterator(), BpfError);
      }
    },
  );

  it('are none of those who are none', () => {
    using object = load('hooks', ['count_raw']);
    const link = object.programs.need('count_raw').attach();
    assert.throws(() => link.openIterator(), BpfError);
  });
});

describe('bpf: programs on cgroups and interfaces', () => {
  before(function () {
    needs(this, 'root');
  });

  proves({ 'cgroup_skb cgroup_inet_egress': 'counted' }).it(
    'attach to a cgroup and see what is sent from it',
    function () {
      needs(this, 'cgroup2');
      const path = join(mountPoint('cgroup2') as string, `snoopkit-bpf-${process.pid}`);
      mkdirSync(path);
      try {
        using object = load('hooks', ['count_sent']);
        object.programs.need('count_sent').attachCgroup(path);
        const send = `import { createSocket } from 'node:dgram';
        const socket = createSocket('udp4');
        socket.send('x', 9, '127.0.0.1', () => socket.close());`;
        const node = [process.execPath, '--input-type=module', '-e', send];
        const inside = ['sh', '-c', 'echo $$ > "$0/cgroup.procs"; exec "$@"', path, ...node];
        assert.equal(spawnSync(inside[0] as string, inside.slice(1)).status, 0);
        assert.equal(counter(object, 'sent'), 1n);
        // From outside of it.
        assert.equal(spawnSync(node[0] as string, node.slice(1)).status, 0);
        assert.equal(counter(object, 'sent'), 1n);
        assert.throws(() => object.programs.need('count_sent').attachCgroup('/no/such/cgroup'), { code: 'ENOENT' });
      } finally {
        rmdirSync(path);
      }
    },
  );

  proves({ 'xdp generic': 'counted' }).it('attach to an interface of their network namespace', function () {
    needs(this, 'unshare');
    needs(this, 'ip');
    const script = fileURLToPath(new URL('./fixtures/xdp.js', import.meta.url));
    const line = 'ip link set lo up && ip link add down0 type veth peer name down1 && exec "$@"';
    const outside = readdirSync('/sys/class/net').find((name) => name !== 'lo' && !/^ifb/.test(name)) ?? 'none0';
    const command = ['--net', 'sh', '-c', line, 'sh', process.execPath, script, outside];
    const { stdout, stderr } = spawnSync('unshare', command, { encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.equal(
      stdout,
      `no network interface ${outside}; network interfaces: lo, down1, down0;counted 3;detached 0\n`,
    );
  });

  it('say which interfaces there are', () => {
    using object = load('hooks', ['count_packet']);
    assert.throws(
      () => object.programs.need('count_packet').attachXdp('nope0'),
      (error) =>
        error instanceof NotFoundError && /^no network interface nope0; network interfaces: /.test(error.message),
    );
  });
});
