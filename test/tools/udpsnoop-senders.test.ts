/** Who sent what is received over a socket that may be connected or not, and with or without a question who that is. */
import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { kernelIsSince } from '../helpers/kernel.js';
import type { Step } from '../helpers/sockets.js';
import { nobody, useUdp, WAYS } from '../helpers/udp.js';

/** The address and the port of the socket in a slot. */
const senders = (told: readonly Step[]) => (slot: number) => {
  const bound = told.find((line) => line.step === 'udp-bind' && line.slot === slot);
  return `${bound?.local} ${bound?.local_port}`;
};

describe('udpsnoop: senders', () => {
  const { udp } = useUdp();

  for (const [hooks, capability] of WAYS)
    describe(`by ${hooks}`, () => {
      before(function () {
        needs(this, capability);
      });
      const by = ['--hooks', hooks];
      // The queue tells up to 6.18, but not on 7.2, which has fentry: see the tool's caveat.
      const isKnown = !/^raw_tp|^tp_btf/.test(hooks) || (hooks.startsWith('tp_btf') && !kernelIsSince(7, 0));

      it('says where it does not know the other end', async () => {
        const { events, told } = await udp(
          by,
          'udp-bind 0 127.0.0.1 0 udp-bind 1 :: 0',
          'udp-send 2 127.0.0.1 @0 1 recv 0 9 udp-send 2 127.0.0.1 @0 2 recvmsg 0 9 nobody',
          'udp-send 2 127.0.0.1 @1 3 read 1 9 sendmmsg 2 4 ( 127.0.0.1 @0 127.0.0.1 @0 ) recvmmsg 0 2',
        );
        const sender = `127.0.0.1 ${told.find(({ slot }) => slot === 2)?.local_port}`;
        // Who asks nobody is told nothing, and that alone is what these tracepoints see.
        const known = (family: string) => (isKnown ? sender : nobody(family));
        assert.deepEqual(
          events.filter((e) => e.direction === 'receive').map((e) => `${e.bytes} ${e.remote_addr} ${e.remote_port}`),
          [`1 ${known('')}`, `2 ${known('')}`, `3 ${known(':')}`, `4 ${sender}`, `5 ${sender}`],
        );
      });

      if (isKnown)
        it('knows who sent what nobody asks about, of several senders and of what waits', async () => {
          const { events, told } = await udp(
            by,
            'udp-bind 0 :: 0 udp-bind 1 127.0.0.1 0 udp-bind 2 127.0.0.2 0 udp-bind 3 ::1 0',
            // Three wait, the first is looked at, one is cut; then one at a time, and one that nobody reads.
            'udp-send 1 127.0.0.1 @0 1 udp-send 2 127.0.0.1 @0 5 udp-send 3 ::1 @0 3 peek 0 9',
            'read 0 9 recv 0 2 read 0 9 udp-send 2 127.0.0.1 @0 6 read 0 9 udp-send 3 ::1 @0 0 recvmsg 0 9 nobody',
            'udp-send 1 127.0.0.1 @0 7 udp-recv 0 9 udp-send 2 127.0.0.1 @0 8 udp-send 3 ::1 @0 9',
          );
          const sender = senders(told);
          assert.deepEqual(
            events.filter((e) => e.direction === 'receive').map((e) => `${e.bytes} ${e.remote_addr} ${e.remote_port}`),
            [1, 2, 3, 6, 0, 7].map((bytes, i) => `${bytes} ${sender([1, 2, 3, 2, 3, 1][i] ?? 0)}`),
          );
        });

      if (isKnown)
        it('knows it after a receive that failed, and whatever the socket was connected to', async () => {
          const { events, told } = await udp(
            by,
            // Disconnected, a socket keeps a port that it has asked for.
            'udp-bind 3 127.0.0.4 0 udp-bind 0 127.0.0.1 @3 udp-bind 1 127.0.0.2 0 udp-bind 2 127.0.0.3 0',
            // What is thrown away is not the next one's.
            'udp-send 1 127.0.0.1 @0 80 recv-fault 0 udp-send 2 127.0.0.1 @0 21 read 0 99',
            // It comes while the socket is connected, and is read then; the next one comes afterwards.
            'connect 0 127.0.0.2 @1 udp-send 1 127.0.0.1 @0 22 recv 0 99 disconnect 0 udp-send 2 127.0.0.1 @0 5 recv 0 9',
            // It waits already as the socket is connected to another.
            'udp-send 2 127.0.0.1 @0 23 connect 0 127.0.0.2 @1 read 0 99 disconnect 0',
            'udp-send 2 127.0.0.1 @0 24 connect 0 127.0.0.2 @1 udp-recv 0 99',
          );
          const sender = senders(told);
          assert.deepEqual(
            events
              .filter((e) => e.direction === 'receive' && e.ret >= 0)
              .map((e) => `${e.bytes} ${e.remote_addr} ${e.remote_port}`),
            [`21 ${sender(2)}`, `22 ${sender(1)}`, `5 ${sender(2)}`, `23 ${sender(2)}`, `24 ${sender(2)}`],
          );
        });
    });
});
