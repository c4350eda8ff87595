/** Reads the map that main.ts pinned, and removes both pins, which detaches the program and frees the map. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { BpfLink, BpfMap, type TypedMap } from 'snoopkit';

using link = BpfLink.fromPin('/sys/fs/bpf/example-link');
// The kernel has the types of the map, but the compiler does not know them.
using packets = BpfMap.fromPin('/sys/fs/bpf/example-packets') as TypedMap<number, bigint[]>;
const count = () => (packets.get(0) ?? []).reduce((sum, one) => sum + one, 0n);

const socket = createSocket('udp4').bind(0, '127.0.0.1');
await once(socket, 'listening');
/** Sends a datagram over lo, and returns how many packets the program has counted meanwhile. */
async function countedOfOne(): Promise<bigint> {
  const before = count();
  socket.send('hello', socket.address().port, '127.0.0.1');
  await once(socket, 'message');
  return count() - before;
}

console.log('still attached:', link.info().type, await countedOfOne());
link.unpin();
link.close();
console.log('detached:', await countedOfOne());
packets.unpin();
socket.close();
