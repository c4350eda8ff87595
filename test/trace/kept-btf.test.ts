import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { BpfError, ClosedError, MapError, PrivilegeError, ProgramError, VerifierError } from '../../src/bpf/errors.js';
import { BpfObject } from '../../src/bpf/object.js';
import { BtfError } from '../../src/btf/index.js';
import { SnoopkitError } from '../../src/errors.js';
import { stepsOf } from '../../src/trace/features/run-steps.js';
import { hookKind } from '../../src/trace/hooks.js';
import { KeptBtf } from '../../src/trace/kept-btf.js';
import { objectPath } from '../../src/trace/object-path.js';
import { parseTraceOptions } from '../../src/trace/options.js';
import { SMALLEST_RING } from '../../src/trace/ring.js';
import { needs } from '../capability.js';
import { patient } from '../helpers/patience.js';
import { run, SNOOPKIT } from '../helpers/run.js';

/** The kernel's digests of the programs that every kernel takes, relocated to these types. */
async function tagsOf(path: string, btf: string | undefined): Promise<Record<string, string>> {
  using opened = BpfObject.open(path, { ...(btf && { btf }) });
  const programs = [...opened.programs.values()];
  const usual = programs.filter((program) => ['tracepoint', 'raw_tp'].includes(hookKind(program) ?? ''));
  for (const program of programs) program.autoload = usual.includes(program);
  opened.maps.need('events').maxEntries = SMALLEST_RING;
  const { flags, label } = parseTraceOptions({}, (name) => name);
  // The features of every tool: one of them sizes the map for large events.
  const steps = await stepsOf({}, { flags, label, warn: () => undefined, hasCommand: false });
  for (const { configure } of steps) configure?.(opened, { launched: undefined, hasCgroups: true });
  for (const program of programs) program.autoload = usual.includes(program);
  using object = opened.load();
  return Object.fromEntries(
    usual.map(({ name }) => {
      const { fd } = object.programs.need(name);
      const [, tag] = /prog_tag:\s+(\w+)/.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
      return [name, tag as string];
    }),
  );
}

describe("cli: the kernel's types, kept for later runs", function () {
  this.timeout(patient(60_000));
  let folder: string;
  let kept: KeptBtf;
  const object = objectPath('opensnoop');
  const path = () => join(folder, readdirSync(folder)[0] as string);

  beforeEach(function () {
    needs(this, 'root');
    needs(this, 'kernel-btf');
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-kept-'));
    kept = new KeptBtf(folder);
  });
  afterEach(() => folder && rmSync(folder, { recursive: true, force: true }));

  for (const tool of ['opensnoop', 'execsnoop', 'tcpdrop', 'tcpretrans', 'udpsnoop']) {
    it(`relocate the programs of ${tool} as all types do`, async () => {
      const file = objectPath(tool);
      kept.keep(file);
      const found = kept.find(file);
      assert.equal(found, path());
      assert.ok(statSync(path()).size < 300_000, `${statSync(path()).size} bytes`);
      const tags = await tagsOf(file, undefined);
      assert.ok(Object.keys(tags).length > 2 && Object.values(tags).every((tag) => tag));
      assert.deepEqual(await tagsOf(file, found), tags);
    });
  }

  it('are kept by the first run that traces', async () => {
    const { status, said } = await run(SNOOPKIT, ['opensnoop', '--', 'true']);
    assert.deepEqual([status, said], [0, '']);
    assert.match(new KeptBtf().find(object) ?? '', /^\/var\/cache\/snoopkit\/opensnoop-/);
  });

  it('are kept for one kernel and one object', () => {
    kept.keep(object);
    const other = join(folder, 'opensnoop.bpf.o');
    copyFileSync(object, other);
    assert.equal(kept.find(other), kept.find(object));
    writeFileSync(other, Buffer.concat([readFileSync(other), Buffer.alloc(1)]));
    assert.equal(kept.find(other), undefined);
    assert.equal(new KeptBtf(folder, object).find(object), undefined);
  });

  it('are not taken where they are damaged, or others may write them, and made anew', () => {
    kept.keep(object);
    const file = path();
    const whole = readFileSync(file);
    const damage = (at: number) => () => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ 1;
      writeFileSync(file, bytes);
    };
    const spoil: Record<string, () => void> = {
      'the first byte': damage(0),
      'a type': damage(100),
      'the checksum': damage(whole.length - 2),
      'a part': () => writeFileSync(file, whole.subarray(0, whole.length / 2)),
      nothing: () => writeFileSync(file, ''),
      'writable by others': () => chmodSync(file, 0o646),
      'writable by a group': () => chmodSync(file, 0o664),
      "somebody else's": () => chownSync(file, 65534, 0),
      'a link': () => {
        renameSync(file, `${file}.real`);
        symlinkSync(`${file}.real`, file);
      },
    };
    for (const [what, change] of Object.entries(spoil)) {
      change();
      assert.equal(kept.find(object), undefined, what);
      kept.keep(object);
      assert.equal(kept.find(object), file, what);
      assert.deepEqual([readFileSync(file), statSync(file).mode & 0o777], [whole, 0o644], what);
    }
  });

  describe('whose checksum is right, but which are not the types of the kernel', () => {
    const SEAL = 9;
    const resealed = (bytes: Buffer): Buffer => {
      const seal = crc32(bytes.subarray(0, -SEAL)).toString(16).padStart(8, '0');
      bytes.write(seal, bytes.length - SEAL, 'latin1');
      return bytes;
    };
    const turned = (from: number, to: number) => (whole: Buffer) => {
      const bytes = Buffer.from(whole);
      for (let i = from; i < to; i++) bytes[i] = (bytes[i] as number) ^ 0x5a;
      return resealed(bytes);
    };
    const spoil: Record<string, (whole: Buffer) => Buffer> = {
      'no BTF': turned(0, 2),
      'damaged types': turned(100, 400),
      'the types of another tool': () => {
        const other = mkdtempSync(join(tmpdir(), 'snoopkit-kept-'));
        try {
          new KeptBtf(other).keep(objectPath('udpsnoop'));
          return readFileSync(join(other, readdirSync(other)[0] as string));
        } finally {
          rmSync(other, { recursive: true });
        }
      },
    };
    /** Runs with this folder in place of the one of all runs. */
    const runThere = (...args: string[]) => {
      const mount = 'mkdir -p /var/cache/snoopkit && mount --bind "$0" /var/cache/snoopkit && exec "$@"';
      return run('unshare', ['-m', 'sh', '-c', mount, folder, SNOOPKIT, 'opensnoop', ...args, '--', 'true']);
    };

    for (const [what, change] of Object.entries(spoil))
      it(`are replaced by the kernel's own: ${what}`, async () => {
        kept.keep(object);
        const file = path();
        const whole = readFileSync(file);
        writeFileSync(file, change(whole));
        assert.equal(new KeptBtf(folder).find(object), file);
        const { status, said, stdout } = await runThere();
        assert.deepEqual([status, said], [0, '']);
        assert.match(stdout.toString(), /true/);
        assert.deepEqual(readFileSync(file), whole, 'made anew');
      });

    it('are named with -v', async () => {
      kept.keep(object);
      writeFileSync(path(), turned(100, 400)(readFileSync(path())));
      const { status, said } = await runThere('-v');
      assert.equal(status, 0);
      const named = said.match(
        /^.*BTF kept for opensnoop: dropped, using the kernel's own: cannot load opensnoop.*$/gm,
      );
      assert.equal(named?.length, 1, said);
      assert.doesNotMatch((await runThere('-v')).said, /BTF kept/);
    });

    it('are dropped once, and for errors that may be theirs', () => {
      kept.keep(object);
      const file = path();
      kept = new KeptBtf(folder);
      const theirs = [
        new BpfError('cannot load', 22),
        // LIBBPF_ERRNO__FORMAT
        new BpfError('cannot load', 4001),
        new ProgramError('cannot load', 'x', 22, ''),
        new VerifierError('x', 13, ''),
        new BtfError('no BTF'),
      ];
      const others = [
        new PrivilegeError('cannot load', 1, ['CAP_BPF']),
        new MapError('cannot load', 'events', 12, ''),
        new ClosedError('closed'),
        new ProgramError('cannot load', 'x', 1, ''),
        new ProgramError('cannot load', 'x', 524, ''),
        new ProgramError('cannot load', 'x', 3, ''),
        new SnoopkitError('RING', 'too large'),
        new Error('anything'),
      ];
      for (const error of [...theirs, ...others]) assert.equal(kept.drop(error), false, 'nothing was found');
      for (const error of theirs) {
        const one = new KeptBtf(folder);
        assert.equal(one.find(object), file);
        for (const other of others) assert.equal(one.drop(other), false, other.message);
        assert.equal(one.drop(error), true, error.message);
        assert.deepEqual(readdirSync(folder), []);
        kept.keep(object);
        assert.deepEqual([one.find(object), one.drop(error)], [undefined, false]);
      }
    });
  });

  it('are neither taken from a folder that others may write to or own, nor put there', () => {
    kept.keep(object);
    for (const change of [() => chmodSync(folder, 0o777), () => chownSync(folder, 65534, 0)]) {
      change();
      assert.equal(kept.find(object), undefined);
      const before = readdirSync(folder);
      new KeptBtf(folder, object).keep(object);
      assert.deepEqual(readdirSync(folder), before);
      chmodSync(folder, 0o755);
      chownSync(folder, 0, 0);
      assert.equal(kept.find(object), path());
    }
  });

  it('are removed when they are old and of another kernel or version', () => {
    for (const name of ['opensnoop-1.btf', 'opensnoop-2.btf', 'execsnoop-1.btf']) writeFileSync(join(folder, name), '');
    const old = new Date(Date.now() - 31 * 24 * 3600 * 1000);
    for (const name of ['opensnoop-1.btf', 'execsnoop-1.btf']) utimesSync(join(folder, name), old, old);
    kept.keep(object);
    const left = readdirSync(folder);
    assert.deepEqual([left.length, left.includes('opensnoop-1.btf')], [3, false]);
  });
});
