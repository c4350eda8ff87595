import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { testGroups, testScript } from './command.js';
import { chooseKernels, nameOf } from './kernels.js';

describe('kernels: which', () => {
  it("are all of the host's architecture, or those that one names, in their order", () => {
    assert.deepEqual(chooseKernels([]).map(nameOf), ['5.10', '6.1', '6.12', '7.2']);
    assert.deepEqual(chooseKernels(['6.12-arm64', '7.2', '5.10']).map(nameOf), ['5.10', '7.2', '6.12-arm64']);
  });

  it('are none that is not there', () => {
    assert.throws(() => chooseKernels(['4.19']), /^Error: there is no kernel 4\.19 to test; there are: 5\.10 6\.1 /);
  });
});

describe('kernels: the tests of a guest', () => {
  const files = testGroups().flat();

  it('are those that talk to the kernel, each once', () => {
    assert.equal(new Set(files).size, files.length);
    for (const file of ['bpf/program', 'native/ring', 'kernel/proc', 'tools/opensnoop', 'tools/otlp'])
      assert.ok(files.includes(file));
    for (const file of ['bpf/errors', 'tools/contract', 'tools/opensnoop-output', 'tools/otlp-spool'])
      assert.equal(files.includes(file), false, file);
  });

  it('are fewer when one asks for some of them', () => {
    assert.deepEqual(testGroups(/^bpf\/(map|close)$/), [['bpf/close'], ['bpf/map']]);
    assert.deepEqual(testGroups(/opensnoop-hooks/), [['tools/opensnoop-hooks']]);
    assert.deepEqual(testGroups(/nothing/), []);
  });

  it('are given to a shell that takes every word as it is', () => {
    const script = testScript(["it's/$HOME"], { slow: 15, isForeign: false }, false, 'jq').replace(
      /^exec /m,
      'printf "%s\\n" "$SNOOPKIT_FORBID_SKIP" ',
    );
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.match(stdout, /^jq\n\/.*\n/);
    assert.ok(stdout.endsWith("\ndist/test/it's/$HOME.test.js\n"), stdout);
  });

  it('have settings of the one who runs them', () => {
    const script = testScript(['bpf/map'], { slow: 15, isForeign: false }, false, '', ['A_OPTIONS=b=1:c=2']);
    assert.match(script, /^export A_OPTIONS='b=1:c=2'$/m);
  });

  it('have what doctor says before them, in one group', () => {
    const doctor = (has: boolean) =>
      / doctor -o json/.test(testScript(['bpf/map'], { slow: 15, isForeign: false }, has));
    assert.deepEqual([true, false].map(doctor), [true, false]);
  });

  it('are run by the programs of a root of its own where it has one', () => {
    const script = testScript(['bpf/map'], { slow: 20, isForeign: true }, true, '');
    assert.match(script, /^export SNOOPKIT_SLOW='20'$/m);
    assert.match(
      script,
      /^cd '\/snoopkit'\ncp -R build\/arm64\/test\/\. dist\/test\necho .*\nexec '\/usr\/bin\/node' /m,
    );
    assert.match(script, /'--timeout' '400000'/);
  });
});
