import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BpfError, ClosedError, ProgramError, VerifierError } from '../../src/bpf/errors.js';
import { type LogLevel, setLog } from '../../src/bpf/log.js';
import { BpfObject } from '../../src/bpf/object.js';
import { libbpfVersion } from '../../src/bpf/system.js';
import { verifierSummary } from '../../src/bpf/verifier/log.js';
import { BtfError } from '../../src/btf/index.js';
import { NotFoundError, UsageError } from '../../src/errors.js';
import { encodeBtf } from '../btf/encode.js';
import { needs } from '../capability.js';
import { fixtureBytes, fixturePath, load, oneLine, open, withoutBtf } from './helpers.js';

/** The error that a call throws. */
function failure(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return assert.fail('it did not throw');
}

describe('bpf: an object that is only opened', () => {
  it('lists its maps, with their types and sizes', () => {
    using object = open('maps');
    const rows = [...object.maps.values()].map((map) => [
      map.name,
      map.type,
      map.keySize,
      map.valueSize,
      map.maxEntries,
      map.isPerCpu,
    ]);
    assert.deepEqual(rows, [
      ['places', 'hash', 24, 12, 4, false],
      ['list', 'array', 4, 8, 3, false],
      ['per_cpu', 'percpu_hash', 8, 12, 8, true],
      ['counters', 'percpu_array', 4, 8, 2, true],
      ['untyped', 'hash', 3, 5, 2, false],
    ]);
  });

  it('lists its programs, with their sections and types', () => {
    using object = open('hooks');
    assert.deepEqual(
      [...object.programs.values()].map(({ name, section, type }) => [name, section, type]),
      [
        ['count_tracepoint', 'tp/syscalls/sys_enter_getegid', 'tracepoint'],
        ['count_raw', 'raw_tp/sys_enter', 'raw_tracepoint'],
        ['count_typed', 'tp_btf/sys_enter', 'tracing'],
        ['count_open', 'kprobe/vfs_open', 'kprobe'],
        ['count_opened', 'kretprobe/vfs_open', 'kprobe'],
        ['count_entry', 'uprobe', 'kprobe'],
        ['count_return', 'uretprobe', 'kprobe'],
        ['count_packet', 'xdp', 'xdp'],
        ['count_sent', 'cgroup_skb/egress', 'cgroup_skb'],
      ],
    );
  });

  it('lists its variables, by section', () => {
    using object = open('globals');
    const bySection = (section: string) =>
      [...object.globals.values()].filter((global) => global.section === section).map(({ name }) => name);
    assert.deepEqual(bySection('.data'), ['multiplier']);
    assert.deepEqual(bySection('.bss').sort(), ['calls', 'last']);
    assert.equal(bySection('.rodata').length, 14);
  });

  it('needs no rights', function () {
    needs(this, 'root');
    needs(this, 'setpriv');
    const folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
    try {
      writeFileSync(join(folder, 'maps.bpf.o'), fixtureBytes('maps'), { mode: 0o644 });
      const script = `import { BpfObject } from ${JSON.stringify(new URL('../../src/bpf/object.js', import.meta.url).href)};
        import { readFileSync } from 'node:fs';
        const object = BpfObject.open(readFileSync(0));
        object.maps.need('list').maxEntries = 9;
        object.programs.need('handle_nothing').autoload = false;
        process.stdout.write([...object.maps.keys()].join() + ' ' + process.getuid());
        object.close();`;
      const rights = ['--reuid=65534', '--regid=65534', '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
      const args = [...rights, process.execPath, '--input-type=module', '-e', script];
      const { stdout, stderr } = spawnSync('setpriv', args, {
        encoding: 'utf8',
        input: fixtureBytes('maps'),
        cwd: '/',
      });
      assert.equal(stdout, 'places,list,per_cpu,counters,untyped 65534', stderr);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says what there is when something is not', () => {
    using object = open('maps');
    for (const [call, message] of [
      [() => object.maps.need('none'), 'no map none; maps: places, list, per_cpu, counters, untyped'],
      [() => object.programs.need('none'), 'no program none; programs: handle_nothing'],
      [() => object.globals.need('none'), 'no global variable none; global variables: none'],
    ] as const) {
      const error = failure(call);
      assert.ok(error instanceof NotFoundError);
      assert.equal(error.message, message);
    }
  });

  it('is called after its file, or as told', () => {
    using named = BpfObject.open(fixtureBytes('maps'), { name: 'mine' });
    using bytes = BpfObject.open(fixtureBytes('maps'));
    using file = open('maps');
    assert.deepEqual([named.name, bytes.name, file.name], ['mine', 'object', 'maps']);
  });
});

describe('bpf: loading', () => {
  before(function () {
    needs(this, 'root');
    needs(this, 'kernel-btf');
  });

  it('makes maps and programs of the kernel', () => {
    using object = load('maps');
    for (const map of object.maps.values())
      assert.ok(readFileSync(`/proc/self/fdinfo/${map.fd}`, 'utf8').includes('map_type:'));
    const { fd } = object.programs.need('handle_nothing');
    assert.match(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'), /prog_type:\s*17/);
  });

  it('works without BTF: maps of bytes, and no variables', () => {
    const opened = BpfObject.open(withoutBtf('globals'), { name: 'bare' });
    assert.deepEqual([opened.btf.count, opened.globals.size], [1, 0]);
    using object = opened.load();
    assert.ok(object.programs.need('handle_call').fd > 2);
    const value = object.maps.need('.data').get(Buffer.alloc(4));
    assert.ok(value instanceof Uint8Array);
    assert.equal(Buffer.from(value).readUInt32LE(), 3);
  });

  it('follows what was changed before, and nothing afterwards', () => {
    const opened = open('maps');
    const before = opened.maps.need('list');
    before.maxEntries = 77;
    opened.maps.need('untyped').valueSize = 9;
    assert.throws(() => {
      before.valueSize = 9;
    }, UsageError);
    opened.programs.need('handle_nothing').autoload = false;
    const object = opened.load();
    const [list, untyped] = [object.maps.need('list'), object.maps.need('untyped')];
    assert.match(readFileSync(`/proc/self/fdinfo/${list.fd}`, 'utf8'), /max_entries:\s*77/);
    assert.deepEqual([list.maxEntries, untyped.valueSize], [77, 9]);
    assert.deepEqual([...object.programs.keys()], []);
    assert.throws(() => object.programs.need('handle_nothing'), {
      name: 'NotFoundError',
      message: 'program handle_nothing was not loaded',
    });
    assert.throws(() => {
      before.maxEntries = 78;
    }, ClosedError);
    assert.throws(() => {
      opened.programs.need('handle_nothing').autoload = true;
    }, ClosedError);
    assert.equal(before.maxEntries, 77);
    untyped.set(Buffer.from('key'), Buffer.from('123456789'));
    assert.equal(Buffer.from(untyped.get(Buffer.from('key')) as Uint8Array).toString(), '123456789');
    assert.throws(() => opened.load(), ClosedError);
    object.close();
  });

  it('is refused in the words of libbpf where the kernel lacks something', () => {
    using object = open('lacking');
    assert.throws(() => object.load(), {
      code: 'ERR_SNOOPKIT_BPF',
      message:
        /^cannot load lacking: extern \(var ksym\) 'snoopkit_no_such_thing': not found in kernel BTF \(EINVAL\)$/,
    });
  });

  it('is refused by the verifier in one line, with the log beside it', () => {
    using object = open('refused');
    const error = failure(() => object.load());
    assert.ok(error instanceof VerifierError);
    assert.equal(error.program, 'handle_outside');
    assert.match(oneLine(error), /^the verifier rejected program handle_outside: .*\(EACCES\).*; .*(invalid|outside)/);
    assert.ok(error.log.split('\n').length > 5, error.log);
    assert.match(error.log, /invalid access to map value/);
    assert.equal(error.code, 'ERR_SNOOPKIT_VERIFIER');
  });

  it('is refused with the log of the program that is, and of no other', () => {
    const refused = (programs: readonly string[]) => {
      using object = open('refused');
      for (const program of object.programs.values()) program.autoload = programs.includes(program.name);
      const error = failure(() => object.load());
      assert.ok(error instanceof VerifierError);
      assert.match(String(error.cause), new RegExp(`^libbpf: prog '${error.program}': `));
      assert.doesNotMatch(String(error.cause), /PROG LOAD LOG/);
      return [error.program, verifierSummary(error.log)] as const;
    };
    const outside = refused(['handle_fine', 'handle_outside', 'handle_number']);
    const number = refused(['handle_fine', 'handle_number']);
    assert.deepEqual([outside[0], number[0]], ['handle_outside', 'handle_number']);
    assert.match(outside[1], /invalid access to map value|outside/);
    assert.match(number[1], /invalid mem access 'scalar'|invalid mem access 'inv'/);
  });

  it('is refused with a log that libbpf did not print, however much is traced', () => {
    const said: string[] = [];
    setLog((_, text) => said.push(text));
    try {
      using object = open('refused');
      const error = failure(() => object.load());
      assert.ok(error instanceof VerifierError);
      assert.equal(said.filter((text) => text.includes('BEGIN PROG LOAD LOG')).length, 1);
      assert.ok(said.some((text) => text.includes(error.log)));
    } finally {
      setLog(undefined);
    }
  });

  it('is refused by name, with what libbpf logs, where there is no room for our buffers', function () {
    needs(this, 'prlimit');
    const script = `import { BpfObject } from ${JSON.stringify(new URL('../../src/bpf/object.js', import.meta.url).href)};
      import { execFileSync } from 'node:child_process';
      import { readFileSync } from 'node:fs';
      const object = BpfObject.open(${JSON.stringify(fixturePath('refused'))});
      const [, size] = /VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
      // Three programs have 48 MiB of buffers; libbpf's own is of 16.
      execFileSync('prlimit', ['--pid', process.pid, '--as=' + (size * 1024 + (40 << 20))]);
      try { object.load(); } catch ({ code, program, cause }) { console.log(code, program, cause.includes('invalid access')); }`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.equal(stdout, 'ERR_SNOOPKIT_PROGRAM handle_outside true\n', stderr);
  });

  it('is refused by name where a program names no function of the kernel', () => {
    const misspelt = fixtureBytes('fentry').toString('latin1').replaceAll('fexit/vfs_open', 'fexit/vfs_0pen');
    using object = BpfObject.open(Buffer.from(misspelt, 'latin1'), { name: 'misspelt' });
    object.programs.need('count_entry').autoload = false;
    const error = failure(() => object.load());
    assert.ok(error instanceof ProgramError, String(error));
    assert.equal(error.program, 'count_exit');
    assert.match(oneLine(error), /^cannot load misspelt: program count_exit was rejected: .*vfs_0pen.*\(ESRCH\)$/);
  });

  it('tells of a kernel without types, and of that alone', function () {
    needs(this, 'unshare');
    const script = `import { BpfObject } from ${JSON.stringify(new URL('../../src/bpf/object.js', import.meta.url).href)};
      import { vmlinuxHeader } from ${JSON.stringify(new URL('../../src/bpf/vmlinux.js', import.meta.url).href)};
      const open = (name) => BpfObject.open(${JSON.stringify(fixturePath('maps'))}.replace('/maps.', '/' + name + '.'));
      for (const act of [() => open('iterator').load(), () => open('maps').load(), vmlinuxHeader])
        try { act(); console.log('fine'); } catch (error) { console.log(error.code, error.kind, error.message); }`;
    const words = ['mount -t tmpfs none /sys/kernel/btf && exec "$@"', 'sh', process.execPath];
    const args = ['--mount', 'sh', '-c', ...words, '--input-type=module', '-e', script];
    const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
    const why = 'this kernel has no BTF (CONFIG_DEBUG_INFO_BTF): give a file with the BTF of this very kernel';
    assert.deepEqual(
      stdout.split('\n').slice(0, 3),
      [`ERR_SNOOPKIT_UNSUPPORTED btf cannot load iterator: ${why}`, 'fine', `ERR_SNOOPKIT_UNSUPPORTED btf ${why}`],
      stderr,
    );
  });

  it('is refused in a user namespace in the same words as all else', function () {
    needs(this, 'unshare');
    needs(this, 'own-root');
    const at = (file: string) => JSON.stringify(new URL(`../../src/bpf/${file}.js`, import.meta.url).href);
    const script = `import { BpfMap } from ${at('map')};
      import { BpfObject } from ${at('object')};
      for (const act of [() => BpfObject.open(${JSON.stringify(fixturePath('ring'))}).load(), () => BpfMap.byId(1)])
        try { act(); } catch (error) { console.log(error.code, error.errno, error.message); }`;
    const args = ['--user', '--map-root-user', process.execPath, '--input-type=module', '-e', script];
    const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
    const why =
      'operation not permitted (EPERM); running in a user namespace, where root has no such privileges: run in the initial user namespace';
    assert.deepEqual(
      stdout.split('\n'),
      [
        `ERR_SNOOPKIT_PRIVILEGE EPERM cannot load ring: ${why}`,
        `ERR_SNOOPKIT_PRIVILEGE EPERM cannot open the map with the id 1: ${why}`,
        '',
      ],
      stderr,
    );
  });

  it('names the capability that programs and maps of the network take', function () {
    needs(this, 'capsh');
    const at = (file: string) => JSON.stringify(new URL(`../../src/bpf/${file}.js`, import.meta.url).href);
    const script = `import { BpfMap } from ${at('map')};
      import { BpfObject } from ${at('object')};
      const load = (name) => {
        const object = BpfObject.open(${JSON.stringify(fixturePath('attach-net'))});
        for (const program of object.programs.values()) program.autoload = program.name === name;
        object.load();
      };
      const make = () => BpfMap.create({ type: 'devmap', maxEntries: 1, valueSize: 4 });
      for (const act of [() => load('drop_packet'), () => load('mark_route'), make])
        try { act(); } catch (error) { console.log(error.name, error.message); }`;
    const drop = '--drop=cap_net_admin,cap_sys_admin';
    const args = [drop, '--', '-c', 'exec "$0" "$@"', process.execPath, '--input-type=module', '-e', script];
    const { stdout, stderr } = spawnSync('capsh', args, { encoding: 'utf8' });
    const why = 'operation not permitted (EPERM); missing CAP_NET_ADMIN: run as root, for example with sudo';
    const load = `PrivilegeError cannot load attach-net: ${why}`;
    const make = `PrivilegeError cannot make a map of type devmap, of 1 entries of 4 + 4 bytes: ${why}`;
    assert.deepEqual(stdout.split('\n'), [load, load, make, ''], stderr);
  });

  it('works without the program that is refused', () => {
    using object = load('refused', ['handle_fine']);
    assert.ok(object.programs.need('handle_fine').fd > 2);
  });

  for (const [what, contents] of [
    ['text', 'this is no BTF\n'],
    ['nothing', ''],
    ['the start of some', Buffer.from([0x9f, 0xeb, 1, 0, 24, 0, 0, 0])],
    ['damaged ones', encodeBtf([{ kind: 'ptr', size: 9 }])],
  ] as const)
    it(`needs types that are some: ${what}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
      try {
        const btf = join(folder, 'btf');
        writeFileSync(btf, contents);
        // The iterator's access to task_struct is relocated: it can't do without.
        const error = failure(() => {
          using object = BpfObject.open(fixturePath('iterator'), { btf });
          object.load();
        });
        assert.ok(error instanceof BtfError, String(error));
        assert.match(oneLine(error), /^cannot load iterator: no BTF in .*btf: /);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

  it('relocates to types in a file', () => {
    using object = BpfObject.open(fixturePath('iterator'), { btf: '/sys/kernel/btf/vmlinux' }).load();
    assert.ok(object.programs.need('dump_task').fd > 2);
  });
});

describe('bpf: the log', () => {
  before(function () {
    needs(this, 'root');
  });
  afterEach(() => setLog(undefined));

  it('comes by level, and stops when told', () => {
    const said: [LogLevel, string][] = [];
    setLog((level, text) => said.push([level, text]));
    using object = open('refused');
    assert.ok(said.some(([level]) => level === 'debug'));
    assert.ok(said.every(([level]) => level !== 'warn'));
    assert.throws(() => object.load());
    const warnings = said.filter(([level]) => level === 'warn').map(([, text]) => text);
    assert.ok(
      warnings.some((text) => text.includes('handle_outside')),
      warnings.join(''),
    );
    assert.ok(said.every(([, text]) => text.endsWith('\n')));
    const count = said.length;
    setLog(undefined);
    open('refused').close();
    assert.equal(said.length, count);
  });

  it('is the cause of an error even when nobody listens', () => {
    const error = failure(() => BpfObject.open(withoutBtf('maps'), { name: 'broken' }));
    assert.ok(error instanceof BpfError);
    assert.match(String(error.cause), /libbpf/);
  });

  it('has the version of the library', () => assert.match(libbpfVersion(), /^1\.\d+$/));
});
