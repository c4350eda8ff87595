import assert from 'node:assert/strict';
import { BpfObject } from '../../src/bpf/object.js';
import { libbpfVersion } from '../../src/bpf/system.js';
import { UsageError } from '../../src/errors.js';
import { fixturePath } from './helpers.js';

describe('bpf: tokens', () => {
  it('need a libbpf that has them, and a BPF file system that gives them', () => {
    const [major = 0, minor = 0] = libbpfVersion().split('.').map(Number);
    const load = () => BpfObject.open(fixturePath('ring'), { token: '/proc' }).load();
    // The version at run time may be newer than that of the build, but not older.
    if (major === 1 && minor < 5)
      assert.throws(load, {
        code: 'ERR_SNOOPKIT_UNSUPPORTED',
        message: `cannot open ${fixturePath('ring')}: built with a libbpf before 1.5, which has no BPF tokens`,
      });
    else assert.throws(load, { code: /ERR_SNOOPKIT_(UNSUPPORTED|BPF)/ });
    assert.throws(() => BpfObject.open(fixturePath('ring'), { token: 5 as unknown as string }), UsageError);
  });
});
