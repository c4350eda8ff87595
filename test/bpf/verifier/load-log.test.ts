import assert from 'node:assert/strict';
import { ProgramError, VerifierError } from '../../../src/bpf/errors.js';
import { UsageError } from '../../../src/errors.js';
import { needs } from '../../capability.js';
import { open } from '../helpers.js';

describe("bpf: the verifier's log of accepted programs", () => {
  before(function () {
    needs(this, 'root');
  });

  it('is kept on request alone', () => {
    using object = open('ring').load();
    assert.equal(object.verifierLogs.size, 0);
  });

  it('has counts, instructions or statistics', () => {
    const logOf = (logLevel: number) => {
      using object = open('ring').load({ logLevel });
      assert.deepEqual([...object.verifierLogs.keys()], [...object.programs.keys()]);
      return String(object.verifierLogs.get('handle_call'));
    };
    assert.match(logOf(1), /^processed \d+ insns /);
    assert.match(logOf(2), /^\d+: \([0-9a-f]{2}\) /m);
    assert.match(logOf(4), /^verification time \d+ usec\nstack depth (.*\n)+processed \d+ insns /);
  });

  it('is refused if there is too little room', () => {
    const load = (logSize: number) => open('ring').load({ logLevel: 2, logSize });
    const code = 'ERR_SNOOPKIT_BPF';
    const message = /the verifier's log of program \w+ is longer than 512 bytes \(ENOSPC\); raise logSize$/;
    assert.throws(() => load(512), { code, errno: 'ENOSPC', message });
    load(2 ** 20).close();
  });

  it('has the reason of a refusal at any level', () => {
    for (const logLevel of [0, 1, 2, 4])
      assert.throws(
        () => open('refused').load({ logLevel }),
        (error) => error instanceof VerifierError && error.source !== undefined && error.log.length > 200,
        `${logLevel}`,
      );
    const small = { errno: 'ENOSPC', message: /is longer than 128 bytes \(ENOSPC\); raise logSize$/ };
    assert.throws(() => open('refused').load({ logSize: 128 }), small);
  });

  it('is not taken for that of a program which is refused without one', () => {
    for (const logLevel of [0, 1]) {
      const opened = open('hooks');
      for (const program of opened.programs.values())
        program.autoload = program.name === 'count_raw' || program.name === 'count_typed';
      // The kernel refuses this pair before it verifies the program.
      opened.programs.need('count_typed').setType('sk_lookup', 'xdp');
      assert.throws(
        () => opened.load({ logLevel }),
        (error) => error instanceof ProgramError && error.program === 'count_typed',
      );
    }
  });

  it('has options that are checked', () => {
    for (const options of [{ logLevel: 8 }, { logLevel: '1' }, { logSize: 127 }, { logSize: 2 ** 30 }, { logLeve: 1 }])
      assert.throws(() => open('ring').load(options as never), UsageError);
  });
});

describe('bpf: an opened object', () => {
  it('has its license', () => {
    for (const [fixture, license] of [
      ['ring', 'Dual BSD/GPL'],
      ['unlicensed', 'Proprietary'],
    ] as const)
      assert.equal(open(fixture).license, license);
  });

  it('has the version of the kernel that it names', () => {
    assert.equal(open('ring').kernelVersion, undefined);
    assert.equal(open('unlicensed').kernelVersion, 0x050a01);
  });
});
