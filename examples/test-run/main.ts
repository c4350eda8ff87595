/**
 * Tests: the C source is tested with mocha, on packets of the test's own. Nothing is attached. Needs Linux 5.8.
 *
 * Build and run (../README.md has what comes before; here also `npm install --save-dev mocha @types/mocha`):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c test-run/test-run.bpf.c -o test-run/test-run.bpf.o
 *     npx snoopkit gen types test-run/test-run.bpf.o -o test-run/test-run.ts
 *     npx tsc
 *     sudo npx mocha test-run/main.js
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'mocha';
import type { RunResult } from 'snoopkit';
import { openTestRun } from './test-run.js';

/** enum xdp_action */
const [XDP_DROP, XDP_PASS, XDP_TX] = [1, 2, 3];
const [TTL, CHECKSUM] = [22, 24];

/** The checksum of an IPv4 header, computed anew. */
function checksum(packet: Buffer): number {
  let sum = 0;
  for (let at = 14; at < 34; at += 2) if (at !== CHECKSUM) sum += packet.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return 0xffff - sum;
}

function ipv4(ttl: number): Buffer {
  const packet = Buffer.alloc(64);
  packet.writeUInt16BE(0x0800, 12);
  packet.set([0x45, 0, 0, 50, 0, 0, 0, 0, ttl, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 14);
  packet.writeUInt16BE(checksum(packet), CHECKSUM);
  return packet;
}

describe('take_hop', () => {
  const object = openTestRun().load();
  const run = (data: Buffer): RunResult => object.programs.need('take_hop').run({ data });
  after(() => object.close());

  for (const ttl of [2, 64, 255])
    it(`takes a hop of ${ttl}, and keeps the checksum right`, () => {
      const { ret, data } = run(ipv4(ttl));
      assert.deepEqual([ret, data[TTL]], [XDP_TX, ttl - 1]);
      assert.equal(data.readUInt16BE(CHECKSUM), checksum(data));
    });

  it('drops a packet that has no hop left', () => assert.equal(run(ipv4(1)).ret, XDP_DROP));

  it('leaves other packets as they are', () => {
    const arp = Buffer.alloc(64);
    arp.writeUInt16BE(0x0806, 12);
    const { ret, data } = run(arp);
    assert.equal(ret, XDP_PASS);
    assert.deepEqual(data, arp);
  });
});
