/** Sockets that several processes have, and that are older than the trace. */
import { needs } from '../capability.js';
import { Running } from '../helpers/run.js';
import { socketsWords } from '../helpers/sockets.js';
import { Trace } from '../helpers/trace.js';

describe('sockets that several processes have, older than the trace', () => {
  before(function () {
    needs(this, 'root');
  });

  // The kernel shows such a socket once for each of its processes.
  for (const tool of ['tcpconnect', 'tcpdrop', 'tcplife', 'tcpretrans', 'tcprtt', 'tcpstates'])
    it(`are no losses of ${tool}`, async () => {
      const trace = new Trace(tool);
      const [file = '', ...words] = socketsWords(
        'socket 0 tcp4 listen 0 127.0.0.1 0 fork ( sleep 60000 exit ) hold exit',
      );
      const sockets = new Running(file, words);
      try {
        await sockets.says(/"hold"/, 'stdout');
        await trace.during(['-n', 'sockets'], () => {});
      } finally {
        sockets.kill();
        trace.remove();
      }
    });
});
