import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { signalCodeName, signalName, signalNumber } from '../../src/kernel/signals.js';
import { needs } from '../capability.js';

describe('kernel: signals', () => {
  it('have names', () => {
    for (const name of ['SIGHUP', 'SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGIO', 'SIGSYS'] as const)
      assert.equal(signalName(constants.signals[name]), name);
    for (const [number, name] of [
      [32, 'SIGRTMIN'],
      [40, 'SIGRTMIN+8'],
      [64, 'SIGRTMIN+32'],
      [65, '65'],
    ] as const)
      assert.equal(signalName(number), name);
    for (let number = 1; number <= 31; number++) assert.match(signalName(number), /^SIG[A-Z0-9]+$/);
  });

  it('are found by their names', () => {
    for (let number = 1; number <= 64; number++) {
      assert.equal(signalNumber(signalName(number)), number);
      assert.equal(signalNumber(signalName(number).slice(3).toLowerCase()), number);
      assert.equal(signalNumber(String(number)), number);
    }
    for (const [name, number] of [
      ['IOT', 6],
      ['RTMAX', 64],
      ['SIGRTMAX-30', 34],
    ] as const)
      assert.equal(signalNumber(name), number);
    for (const name of ['', 'SIG', '0', '65', '-1', 'RTMIN-1', 'RTMIN+33', 'RTMAX+1', 'RTMAX-33', 'NONE', 'toString'])
      assert.equal(signalNumber(name), undefined, name);
  });

  it('have codes with the names of the C header', function () {
    needs(this, 'cc');
    const SIGNALS = {
      SI: 'SIGTERM',
      ILL: 'SIGILL',
      FPE: 'SIGFPE',
      SEGV: 'SIGSEGV',
      BUS: 'SIGBUS',
      TRAP: 'SIGTRAP',
      CLD: 'SIGCHLD',
      POLL: 'SIGIO',
      SYS: 'SIGSYS',
    } as const;
    const header = readFileSync('/usr/include/asm-generic/siginfo.h', 'utf8');
    const defined = [...header.matchAll(/^#\s*define ([A-Z]+)_(\w+)\s+(-?(?:0x)?[\da-f]+)\b/gm)];
    const codes = defined.filter(([, prefix = '', name]) => prefix in SIGNALS && name !== 'MAX_SIZE');
    assert.ok(codes.length > 40);
    for (const [, prefix, name, value] of codes) {
      const signal = SIGNALS[prefix as keyof typeof SIGNALS];
      assert.equal(signalCodeName(constants.signals[signal], Number(value)), `${prefix}_${name}`);
    }
    assert.equal(signalCodeName(constants.signals.SIGSEGV, 99), '99');
    assert.equal(signalCodeName(constants.signals.SIGFPE, 9), '9');
    assert.equal(signalCodeName(constants.signals.SIGUSR1, 1), '1');
  });
});
