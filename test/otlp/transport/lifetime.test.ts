/** Effects of transports on their process. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { PROTOCOLS, type Protocol } from '../../../src/otlp/types.js';
import { suiteCertificates } from '../../helpers/certificates.js';
import { OtlpGrpcServer, OtlpHttpServer, type ServerTls } from '../../helpers/otlp-server.js';
import { patient } from '../../helpers/patience.js';
import { run } from '../../helpers/run.js';

/** Sends to each URL, and closes all transports but the last. Where nobody listens, it's a proxy that doesn't. */
const PROGRAM = `
const [transport, protocol, ca, ...urls] = process.argv.slice(1);
const { transportOf } = await import(transport);
const headers = new Map();
const outcomes = [];
for (const url of urls) {
  const tls = { ca: Buffer.from(ca) };
  const proxy = url.endsWith(':1/') ? { proxy: new URL('http://127.0.0.1:1') } : {};
  const route = { signal: 'logs', protocol, url: new URL(url), headers, isCompressed: true, timeout: 1e4, tls, ...proxy };
  const it = await transportOf(route, 'Snoopkit/1.2.3');
  const { kind, message } = await it.send(new Uint8Array(), AbortSignal.timeout(${patient(2000)}));
  outcomes.push(kind);
  if (url !== urls.at(-1)) it.close();
}
console.log(outcomes.join(' '));
`;

function serverOf(protocol: Protocol, tls: ServerTls) {
  return protocol === 'grpc' ? OtlpGrpcServer.start(tls) : OtlpHttpServer.start(tls);
}

describe('output: OTLP and the process', () => {
  const certificates = suiteCertificates();

  for (const protocol of PROTOCOLS) {
    it(`lets it end, and says nothing: ${protocol}`, async () => {
      const servers = await Promise.all([1, 2, 3].map(() => serverOf(protocol, certificates.server)));
      // It takes connections, and says nothing, not even of TLS.
      const silent = createServer().listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const sockets: Socket[] = [];
      silent.on('connection', (socket) => sockets.push(socket.on('error', () => {})));
      try {
        const [good, hanging, last] = servers as [OtlpHttpServer, OtlpHttpServer, OtlpHttpServer];
        hanging.answers.push({ fault: 'hang' });
        const ports = [good.port, 1, (silent.address() as AddressInfo).port, hanging.port, last.port];
        const urls = ports.map((port) => `https://127.0.0.1:${port}/`);
        const transport = new URL('../../../src/otlp/transport/transport.js', import.meta.url).href;
        const words = ['--input-type=module', '-e', PROGRAM, transport, protocol, `${certificates.ca}`, ...urls];
        const start = performance.now();
        // Other clients of gRPC read these.
        const env = { ...process.env, GRPC_VERBOSITY: 'ERROR', grpc_proxy: 'no://proxy' };
        const { status, said, stdout } = await run(process.execPath, words, { env });
        assert.deepEqual([status, said, `${stdout}`], [0, '', 'taken later later later taken\n']);
        // Two were waited for; connections that nobody ends stay for longer.
        assert.ok(performance.now() - start < patient(15_000));
      } finally {
        silent.close();
        for (const socket of sockets) socket.destroy();
        await Promise.all(servers.map((server) => server.stop()));
      }
    });
  }
});
