import assert from 'node:assert/strict';
import { Probe } from './helpers.js';

const enumName = (name: string, value: number) =>
  name === 'skb_drop_reason' ? ['SKB_NOT_DROPPED_YET', 'SKB_CONSUMED', 'SKB_DROP_REASON_NO_SOCKET'][value] : undefined;

describe('events: packets', () => {
  for (const [flags, shown] of [
    [0, '0'],
    [0x12, 'SYN|ACK'],
    [0xff, 'FIN|SYN|RST|PSH|ACK|URG|ECE|CWR'],
  ] as const)
    it(`have the flags ${shown}`, () => {
      const probe = new Probe('packets').set('flags', flags, 1);
      assert.deepEqual([probe.value('flags'), probe.written('flags')], [shown, shown]);
    });

  for (const [reason, shown] of [
    [0, undefined],
    [1, 'CONSUMED'],
    [2, 'NO_SOCKET'],
    [3, '3'],
    [0x20001, '0x20001'],
  ] as const)
    it(`are dropped for ${shown}`, () => {
      const probe = new Probe('packets', { enumName }).set('reason', reason, 4);
      const column = probe.column('reason');
      assert.deepEqual([probe.value('reason'), probe.written('reason')], [shown, shown ?? '']);
      assert.equal(column.kind === 'plain' && column.isPresent?.(probe.record), shown !== undefined);
    });

  it('have the state of a socket where that is known', () => {
    const probe = new Probe('packets').set('state', 7, 4);
    assert.deepEqual([probe.value('state'), probe.written('state')], ['PLAN_B', 'PLAN_B']);
    probe.set('state', 0, 4);
    assert.deepEqual([probe.value('state'), probe.written('state')], [undefined, '']);
  });
});
