/** Behavior common to HTTP and gRPC. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseHeaders } from '../../../src/otlp/settings/headers.js';
import { transportOf } from '../../../src/otlp/transport/transport.js';
import { encodedRequest } from '../../helpers/otlp-requests.js';
import { type OtlpGrpcServer, type OtlpHttpServer, partialSuccess } from '../../helpers/otlp-server.js';
import { AGENT, abortedWhen, plain, routeTo, SERVERS, sendAll, sendOne, soon, TAKEN } from './helpers.js';

const LATIN = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));

describe('output: OTLP over each protocol', () => {
  for (const [protocol, Server] of SERVERS) {
    describe(protocol, () => {
      let server: OtlpHttpServer | OtlpGrpcServer;
      beforeEach(async () => {
        server = await Server.start();
      });
      afterEach(() => server.stop());

      const route = () => routeTo(server.url(), protocol);
      /** By which connections requests came. */
      const connections = () =>
        server.requests.map((request) => ('peer' in request ? request.peer : request.clientPort));
      /** The outcome of a request answered with this message. */
      function answered(message: Uint8Array) {
        server.answers.push({ body: message, response: message });
        return sendOne(route());
      }

      it('takes only part of what has more bytes around it', async () => {
        const whole = Buffer.concat([Buffer.alloc(7, 1), encodedRequest('logs'), Buffer.alloc(7, 1)]);
        const transport = await transportOf(route(), AGENT);
        const part = new Uint8Array(whole.buffer, whole.byteOffset + 7, whole.length - 14);
        assert.deepEqual(plain(await transport.send(part, soon())), TAKEN);
        transport.close();
        assert.deepEqual(server.requests[0]?.body, Buffer.from(encodedRequest('logs')));
      });

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

      it('reports what the collector rejected, and says', async () => {
        const rejected = await answered(partialSuccess(3, 'too\u001b[31m\nold'));
        assert.deepEqual(rejected, { kind: 'taken', rejected: 3, message: 'too [31m old' });
        assert.deepEqual(await answered(partialSuccess(0, 'slow down')), { ...TAKEN, message: 'slow down' });
        for (const message of [Buffer.alloc(0), Buffer.from([0x0a, 0]), partialSuccess(0, '')])
          assert.deepEqual(await answered(message), TAKEN);
        for (const bytes of [
          [0xff, 0xff],
          [0x0a, 0x50, 1],
        ]) {
          const { kind, message } = await answered(Buffer.from(bytes));
          assert.equal(kind, 'taken');
          assert.match(message, /response is unreadable/);
        }
      });

      it('keeps its connection', async () => {
        assert.deepEqual(await sendAll(route(), [soon(), soon(), soon()]), [TAKEN, TAKEN, TAKEN]);
        assert.equal(server.requests.length, 3);
        assert.equal(new Set(connections()).size, 1);
      });

      it('tries again when there is no answer in time, by a new connection', async () => {
        server.answers.push({ fault: 'hang' });
        const outcomes = await sendAll(route(), [abortedWhen(() => server.requests.length > 0), soon(), soon()]);
        assert.deepEqual(outcomes, [{ kind: 'later', after: undefined, message: 'no answer in time' }, TAKEN, TAKEN]);
        const [first, second, third] = connections();
        assert.notEqual(first, second);
        assert.equal(second, third);
        assert.equal((await sendOne(route(), AbortSignal.abort())).kind, 'later');
        assert.equal(server.requests.length, 3);
      });

      it('waits for a slow answer', async () => {
        server.answers.push({ delay: 300 });
        assert.deepEqual(await sendOne(route()), TAKEN);
      });

      it('ends what is under way when it is closed, and sends no more', async () => {
        server.answers.push({ fault: 'hang' });
        const transport = await transportOf(route(), AGENT);
        const sent = transport.send(encodedRequest('logs'), soon());
        while (server.requests.length === 0) await sleep(5);
        transport.close();
        transport.close();
        assert.equal((await sent).kind, 'later');
        assert.equal((await transport.send(encodedRequest('logs'), soon())).kind, 'later');
        assert.equal(server.requests.length, 1);
      });

      it('leaves no listener at a signal that lives on', async () => {
        const { signal } = new AbortController();
        let listeners = 0;
        const { addEventListener, removeEventListener } = signal;
        signal.addEventListener = (...args: unknown[]) => {
          listeners++;
          Reflect.apply(addEventListener, signal, args);
        };
        signal.removeEventListener = (...args: unknown[]) => {
          listeners--;
          Reflect.apply(removeEventListener, signal, args);
        };
        await sendAll(route(), [signal, signal, signal]);
        await sleep(10);
        assert.equal(listeners, 0);
      });
    });
  }
});
