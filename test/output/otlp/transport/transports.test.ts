/** What is the same over HTTP and over gRPC. */
import assert from 'node:assert/strict';
import { parseHeaders } from '../../../../src/output/otlp/settings/headers.js';
import type { OtlpGrpcServer, OtlpHttpServer } from '../../../helpers/otlp-server.js';
import { routeTo, SERVERS, sendOne, TAKEN } from './helpers.js';

const LATIN = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));

describe('output: OTLP over each protocol', () => {
  for (const [protocol, Server] of SERVERS) {
    describe(protocol, () => {
      let server: OtlpHttpServer | OtlpGrpcServer;
      beforeEach(async () => {
        server = await Server.start();
      });
      afterEach(() => server.stop());

      it('sends every header that the settings take', async () => {
        const isTaken = (sign: string) => parseHeaders(`k=${encodeURIComponent(sign)}`).mistakes.length === 0;
        const value = `<${LATIN.filter(isTaken).join('')}>`;
        const names = LATIN.map((sign) => `k${sign}k=${encodeURIComponent(value)}`);
        const { headers } = parseHeaders(names.join(','));
        assert.ok(value.length > 64 && headers.size > 26);
        assert.deepEqual(await sendOne(routeTo(server.url(), protocol, { headers })), TAKEN);
        const [got] = server.requests;
        assert.ok(got);
        const seen = 'metadata' in got ? got.metadata : got.headers;
        for (const [name, sent] of headers) assert.equal(seen[name], sent);
      });
    });
  }
});
