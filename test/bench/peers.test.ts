import assert from 'node:assert/strict';
import { findProgram } from '../../bench/peers.js';
import { snoopkit } from '../../bench/places.js';
import type { Contender } from '../../bench/subjects.js';

const contender = (program: Contender['program'], file: string): Contender => ({
  program,
  file,
  output: 'table',
  arguments: () => [],
  losses: /x/g,
  buffer: '',
});

describe('the peers of a benchmark', () => {
  it('are named with how to install them when they are not there', () => {
    assert.equal(
      findProgram(contender('bpftrace', 'no-such-program')),
      'bpftrace was not compared: there is no no-such-program (Debian: apt-get install bpftrace)',
    );
  });

  it('are not taken for another program of the same name', () => {
    assert.match(
      String(findProgram(contender('libbpf-tools', 'cat'))),
      /^libbpf-tools was not compared: \S+cat is another cat/,
    );
  });

  it('have a version', () => {
    const found = findProgram(contender('snoopkit', snoopkit));
    assert.match(typeof found === 'string' ? '' : found.version, /^\d+\.\d+\.\d+/);
  });
});
