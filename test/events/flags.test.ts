import assert from 'node:assert/strict';
import { Probe } from './helpers.js';

describe('events: flags of an enum', () => {
  const probe = new Probe('flags');
  for (const [value, shown] of [
    [0, ''],
    [1, 'CARD_RED'],
    [3, 'CARD_RED|CARD_ACE'],
    [0x80000002, 'CARD_ACE|CARD_HIGH'],
    [0x30, '0x30'],
    [0x10000001, 'CARD_RED|0x10000000'],
  ] as const)
    it(`are shown as "${shown}"`, () => {
      probe.set('cards', value, 4);
      assert.equal(probe.written('cards'), shown);
      assert.equal(probe.value('cards'), shown);
    });
});
