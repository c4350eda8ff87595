import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { jitState } from '../../src/bpf/jit.js';
import { BpfLink } from '../../src/bpf/link.js';
import { BpfMap } from '../../src/bpf/map.js';
import { BpfProgram } from '../../src/bpf/program.js';
import { NotFoundError, UsageError } from '../../src/errors.js';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import { withBpffs } from './bpffs.js';
import { callGetegid, counter, fixturePath, load } from './helpers.js';

const FILE = JSON.stringify(fixturePath('pinned'));
const usage = (message: string) => ({ code: 'ERR_SNOOPKIT_USAGE', message });

describe('bpf: programs without their object', () => {
  let folder: string;
  before(function () {
    needs(this, 'root');
    needs(this, 'unshare');
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-programs-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('run, and are described and put into maps, by their id', () => {
    using object = load('hooks', ['count_tracepoint', 'count_packet']);
    const own = object.programs.need('count_packet');
    using program = BpfProgram.byId(own.id);
    assert.deepEqual([program.name, program.type, program.attachType, program.section], [own.name, 'xdp', 'xdp', '']);
    assert.deepEqual(program.info(), own.info());
    const { ret } = program.run({ data: new Uint8Array(64), repeat: 3 });
    assert.deepEqual([ret, counter(object, 'packets')], [2, 3n]);
    using calls = BpfMap.create({ type: 'prog_array', maxEntries: 1 });
    calls.set(0, program);
    assert.equal(calls.get(0), own.id);
  });

  it('attach to tracepoints, until their link is closed', function () {
    needs(this, 'kernel-btf');
    using object = load('hooks', ['count_tracepoint', 'count_raw', 'count_typed']);
    const attached = (name: string, attach: (program: BpfProgram) => BpfLink, count: string) => {
      using program = BpfProgram.byId(object.programs.need(name).id);
      const link = attach(program);
      const before = counter(object, count);
      callGetegid(5);
      const during = counter(object, count);
      assert.ok(during >= before + 5n, `${name}: ${before}, ${during}`);
      link.close();
      const after = counter(object, count);
      callGetegid(5);
      assert.equal(counter(object, count), after);
    };
    attached('count_tracepoint', (one) => one.attachTracepoint('syscalls', 'sys_enter_getegid'), 'tracepoints');
    attached('count_raw', (one) => one.attachRawTracepoint('sys_enter'), 'raw_tracepoints');
    attached('count_typed', (one) => one.attachTrace(), 'typed_tracepoints');
  });

  it('walk through the kernel as iterators', async function () {
    needs(this, 'kernel-btf');
    using object = load('iterator');
    using program = BpfProgram.byId(object.programs.need('dump_task').id);
    using link = program.attachIterator();
    assert.match(await text(link.read()), new RegExp(`^${process.pid} ${process.pid} `));
  });

  it('say what needs the object', () => {
    using object = load('hooks', ['count_entry', 'count_tracepoint', 'count_sent']);
    const opened = (name: string) => BpfProgram.byId(object.programs.need(name).id);
    using entry = opened('count_entry');
    assert.throws(
      () => entry.attachUprobe('/proc/self/exe', 'main'),
      usage(
        'cannot attach count_entry to main of /proc/self/exe: ' +
          'libbpf needs its object for that, and it was opened by its pin or id',
      ),
    );
    using tracepoint = opened('count_tracepoint');
    assert.throws(
      () => tracepoint.attach(),
      usage('cannot attach count_tracepoin: its section is not known without its object; use attachTracepoint()'),
    );
    using sent = opened('count_sent');
    assert.equal(sent.attachType, undefined);
    assert.throws(() => sent.attachCgroup('/'), UsageError);
    const { id } = object.programs.need('count_sent');
    using known = BpfProgram.byId(id, { attachType: 'cgroup_inet_egress' });
    assert.equal(known.attachType, 'cgroup_inet_egress');
    assert.throws(() => BpfProgram.byId(id, { attachType: 'nothing' as 'xdp' }), UsageError);
    assert.throws(() => BpfProgram.byId(2 ** 31 - 1), NotFoundError);
    for (const wrong of [0, 1.5, '1']) assert.throws(() => BpfProgram.byId(wrong as number), UsageError);
  });

  it('stay pinned when their process is killed, and are removed by others', () => {
    const lines = withBpffs(
      folder,
      `const object = BpfObject.open(${FILE}, { pinRoot: pins }).load();
       for (const program of object.programs.values()) program.pin(pins + '/' + program.name);
       process.kill(process.pid, 'SIGKILL');`,
      `const data = new Uint8Array(64);
       const programs = ['count_run', 'drop_all', 'drop_route', 'pass_frame'].map((name) => BpfProgram.fromPin(pins + '/' + name));
       say(programs.map((program) => [program.name, program.type, program.run({ data }).ret]));
       const [run, , , frame] = programs;
       run.pin(pins + '/again');
       run.unpin();
       say(['again', 'count_run'].map((name) => told(() => BpfProgram.fromPin(pins + '/' + name))));
       say([told(() => BpfProgram.fromPin(pins + '/counts')), told(() => BpfProgram.fromPin('/dev/null'))]);
       const link = frame.attachXdp('lo', { mode: 'generic' });
       const { type, programId } = link.info();
       say([type, programId === frame.id]);`,
    );
    assert.deepEqual(
      lines.map((line) => JSON.parse(line)),
      [
        [
          ['count_run', 'socket_filter', 7],
          ['drop_all', 'sched_act', 2],
          ['drop_route', 'lwt_xmit', 2],
          ['pass_frame', 'xdp', 2],
        ],
        [
          `ERR_SNOOPKIT_NOT_FOUND: nothing is pinned at ${folder}/again`,
          `ERR_SNOOPKIT_NOT_FOUND: nothing is pinned at ${folder}/count_run`,
        ],
        [
          `ERR_SNOOPKIT_BPF: cannot open ${folder}/counts: what is pinned there is not a program`,
          'ERR_SNOOPKIT_BPF: cannot open the program pinned at /dev/null: /dev is not in a BPF file system: mount one with mount -t bpf bpf /sys/fs/bpf',
        ],
        ['xdp', true],
      ],
    );
  });

  it('are on routes, by a pin of their own', function () {
    needs(this, 'ip');
    const lines = withBpffs(
      folder,
      `BpfObject.open(${FILE}, { pinRoot: pins }).load().programs.need('drop_route').pin(path);
       process.kill(process.pid, 'SIGKILL');`,
      `import { execFileSync } from 'node:child_process';
       import { createSocket } from 'node:dgram';
       import { promisify } from 'node:util';
       const program = BpfProgram.fromPin(path);
       program.pin(pins + '/route');
       execFileSync('sh', ['-ec', 'ip link set lo up; ip route add 10.0.0.0/8 dev lo encap bpf xmit pinned ' + pins + '/route']);
       const socket = createSocket('udp4');
       const send = promisify(socket.send.bind(socket));
       for (let i = 0; i < 3; i++) await send('dropped', 9, '10.0.0.1').catch(() => {});
       socket.close();
       say(String(BpfMap.fromPin(pins + '/counts_of_all_runs').get(0)));`,
    );
    assert.deepEqual(lines, ['"3"']);
  });

  it('have links, which are opened by their ids, too', function () {
    needs(this, 'links of perf events', kernelIsSince(5, 15) || 'the kernel is older than 5.15');
    using object = load('hooks', ['count_tracepoint']);
    const link = object.programs.need('count_tracepoint').attach();
    const { id } = link.info();
    assert.ok(id);
    const same = BpfLink.byId(id);
    assert.equal(same.info().programId, object.programs.need('count_tracepoint').id);
    same.close();
    callGetegid(2);
    assert.equal(counter(object, 'tracepoints'), 2n);
    link.close();
    assert.throws(() => BpfLink.byId(id), NotFoundError);
    assert.throws(() => BpfLink.byId(0), UsageError);
  });
});

describe('bpf: code of programs', () => {
  before(function () {
    needs(this, 'root');
  });

  it('is BPF code as the verifier has left it, and machine code if there is a JIT', () => {
    using object = load('hooks', ['count_packet']);
    const program = object.programs.need('count_packet');
    const { translatedSize, jitedSize } = program.info();
    const translated = Buffer.from(program.translatedCode() ?? []);
    assert.equal(translated.length, translatedSize);
    // BPF_JMP | BPF_EXIT
    assert.equal(translated[translated.length - 8], 0x95);
    const { isEnabled } = jitState();
    const machine = program.machineCode();
    assert.equal(machine?.length, isEnabled === false ? undefined : jitedSize);
    if (isEnabled) assert.ok(machine?.some((byte) => byte !== 0));
    program.close();
    assert.throws(() => program.translatedCode(), { code: 'ERR_SNOOPKIT_CLOSED' });
  });

  it('is withheld from those without rights', function () {
    needs(this, 'setuid');
    const folder = mkdtempSync(join(tmpdir(), 'snoopkit-programs-'));
    const [line = ''] = withBpffs(
      folder,
      `const object = BpfObject.open(${FILE}, { pinRoot: pins }).load();
       const program = object.programs.need('count_run');
       const size = () => [program.translatedCode()?.length ?? null, program.machineCode()?.length ?? null];
       const before = size();
       const { translatedSize, jitedSize } = program.info();
       process.setuid(65534);
       say([before[0] === translatedSize, before[1] ?? 0, jitedSize, ...size()]);`,
    );
    rmSync(folder, { recursive: true });
    const [isWhole, machine, jited, ...after] = JSON.parse(line);
    assert.deepEqual([isWhole, machine, ...after], [true, jited, null, null]);
  });

  it('is compiled as the settings say', () => {
    const { isEnabled, isHardened, limit } = jitState();
    const read = (name: string) => readFileSync(`/proc/sys/net/core/bpf_jit_${name}`, 'latin1').trim();
    assert.equal(isEnabled, read('enable') !== '0');
    assert.equal(isHardened, ['none', 'unprivileged', 'all'][Number(read('harden'))]);
    assert.equal(limit, BigInt(read('limit')));
  });
});
