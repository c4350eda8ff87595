/** Each tool loads, attaches and shows something, on any kernel: its events are the subject of its own tests. */
import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { PRINTK } from '../helpers/run.js';
import { socketsWords } from '../helpers/sockets.js';
import { loadTools } from '../helpers/tools.js';
import { Trace } from '../helpers/trace.js';

const PAIR = 'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0';

/** Workload of each tool. */
const WORK: Readonly<Record<string, readonly string[]>> = {
  bindsnoop: socketsWords('bind 0 127.0.0.1 0'),
  execsnoop: ['sh', '-c', 'true'],
  exitsnoop: ['sh', '-c', 'true'],
  filesnoop: ['rm', '-f', '/tmp/snoopkit-no-such-file'],
  forksnoop: ['sh', '-c', '(true)'],
  opensnoop: ['cat', '/etc/hostname'],
  procsnoop: ['sh', '-c', 'true'],
  sigsnoop: ['sh', '-c', 'kill -CONT $$'],
  solisten: socketsWords('listen 0 127.0.0.1 0'),
  tcpaccept: socketsWords(PAIR),
  tcpconnect: socketsWords(PAIR),
  tcpdrop: socketsWords(PAIR, 'deafen 2 send 1 10 sleep 50'),
  tcplife: socketsWords(PAIR, 'send 1 10 recv 2 10 close 1 close 2'),
  // The second one finds no room in the queue, and asks again after a second.
  tcpretrans: socketsWords(
    'listen 0 127.0.0.1 0 backlog 0 connect 1 127.0.0.1 @0 connect 2 127.0.0.1 @0 nonblock sleep 1500',
  ),
  tcprtt: socketsWords(PAIR, 'send 1 10 recv 2 10'),
  tcpstates: socketsWords(PAIR, 'close 1 close 2'),
  tcptop: socketsWords(PAIR, 'send 1 10 recv 2 10'),
  tracepipe: [...PRINTK, 'write_other_line'],
  udpsnoop: socketsWords('udp-bind 0 127.0.0.1 0 udp-send 1 127.0.0.1 @0 10'),
};

const tools = await loadTools();

describe('each tool, for a moment', () => {
  for (const { tool } of tools)
    it(tool.name, async function () {
      needs(this, 'root');
      const trace = new Trace<{ event: string }>(tool.name);
      try {
        const { events, status } = await trace.run([], WORK[tool.name] ?? assert.fail('what is it to see?'));
        assert.equal(status, 0);
        assert.notEqual(events.length, 0);
      } finally {
        trace.remove();
      }
    });
});
