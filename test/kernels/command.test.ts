import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { testGroups, testScript } from './command.js';
import { chooseKernels, KERNELS } from './kernels.js';

describe('kernels: which', () => {
  it('are all, or those that one names, in their order', () => {
    assert.deepEqual(chooseKernels([]), KERNELS);
    const versions = chooseKernels(['7.2', '5.10']).map(({ version }) => version);
    assert.deepEqual(versions, ['5.10', '7.2']);
  });

  it('are none that is not there', () => {
    assert.throws(() => chooseKernels(['4.19']), /^Error: there is no kernel 4\.19 to test; there are: 5\.10 6\.1 /);
  });
});

describe('kernels: the tests of a guest', () => {
  const files = testGroups().flat();

  it('are those that talk to the kernel, each once', () => {
    assert.equal(new Set(files).size, files.length);
    for (const file of ['bpf/program', 'native/ring', 'kernel/proc', 'tools/opensnoop'])
      assert.ok(files.includes(file));
    for (const file of ['bpf/errors', 'tools/contract', 'tools/opensnoop-output'])
      assert.equal(files.includes(file), false, file);
  });

  it('are given to a shell that takes every word as it is', () => {
    const script = testScript(["it's/$HOME"], 'jq').replace(/^exec /m, 'printf "%s\\n" "$SNOOPKIT_FORBID_SKIP" ');
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.match(stdout, /^jq\n\/.*\n/);
    assert.ok(stdout.endsWith("\ndist/test/it's/$HOME.test.js\n"), stdout);
  });
});
