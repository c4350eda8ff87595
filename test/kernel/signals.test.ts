import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { signalCodeName, signalName, signalNumber } from '../../src/kernel/signals.js';
import { needs } from '../capability.js';

describe('kernel: signals', () => {
  it('have names', () => {
    for (const name of ['SIGHUP', 'SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGIO', 'SIGSYS'] as const)
      assert.equal(signalName(constants.signals[name]), name);
    for (const [number, name] of [
      [32, 'SIG32'],
      [33, 'SIG33'],
      [34, 'SIGRTMIN'],
      [37, 'SIGRTMIN+3'],
      [49, 'SIGRTMIN+15'],
      [50, 'SIGRTMAX-14'],
      [64, 'SIGRTMAX'],
      [65, '65'],
    ] as const)
      assert.equal(signalName(number), name);
    for (let number = 1; number <= 31; number++) assert.match(signalName(number), /^SIG[A-Z0-9]+$/);
  });

  it('have the names that bash prints and takes', () => {
    const bash = (script: string) => execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split(/\s+/);
    const printed = bash('for i in {1..31} {34..64}; do kill -l $i; done');
    const numbers = Array.from({ length: 64 }, (_, i) => i + 1).filter((number) => number !== 32 && number !== 33);
    assert.deepEqual(
      numbers.map((number) => signalName(number).slice(3)),
      printed,
    );
    const taken = [
      ...Array.from({ length: 31 }, (_, i) => `SIGRTMIN+${i}`),
      ...Array.from({ length: 14 }, (_, i) => `RTMAX-${i + 1}`),
    ];
    assert.deepEqual(
      taken.map(signalNumber),
      bash(`for name in ${taken.join(' ')}; do kill -l $name; done`).map(Number),
    );
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
    for (const name of [
      '',
      'SIG',
      '0',
      '65',
      '-1',
      'RTMIN-1',
      'RTMIN+31',
      'RTMAX+1',
      'RTMAX-31',
      'SIG31',
      'SIG34',
      'NONE',
      'toString',
    ])
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
