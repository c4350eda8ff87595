import assert from 'node:assert/strict';
import { Btf, lineOf, readBtfBytes } from '../../src/btf/index.js';
import { fixtureBytes, open } from '../bpf/helpers.js';

describe('btf: lines of the source', () => {
  it('are lines that exist, also for what the compiler adds of its own', () => {
    const bytes = fixtureBytes('attach-net');
    const btf = Btf.parse(readBtfBytes(bytes));
    using object = open('attach-net');
    for (const name of object.programs.keys())
      for (let instruction = 0; instruction < 20; instruction++) {
        const place = lineOf(bytes, btf, name, instruction, undefined);
        assert.ok(place === undefined || (place.line > 0 && place.text !== ''), `${name} ${instruction}`);
      }
  });
});
