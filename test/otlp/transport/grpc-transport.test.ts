import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { status as Code } from '@grpc/grpc-js';
import { otlpSettings } from '../../../src/otlp/settings/settings.js';
import { transportOf } from '../../../src/otlp/transport/transport.js';
import { type Outcome, type Route, SIGNALS } from '../../../src/otlp/types.js';
import { encodedRequest } from '../../helpers/otlp-requests.js';
import { type GrpcAnswer, OtlpGrpcServer, partialSuccess } from '../../helpers/otlp-server.js';
import { AGENT, answerOf, routeTo, sendOne, soon, TAKEN } from './helpers.js';

describe('output: OTLP over gRPC', () => {
  let server: OtlpGrpcServer;
  beforeEach(async () => {
    server = await OtlpGrpcServer.start();
  });
  afterEach(() => server.stop());

  const route = (changes: Partial<Route> = {}) => routeTo(server.url(), 'grpc', changes);
  /** The outcome of a request with this answer. */
  function answered(answer: GrpcAnswer) {
    server.answers.push(answer);
    return sendOne(route());
  }

  it('sends what it was given, with metadata', async () => {
    for (const signal of SIGNALS) {
      for (const isCompressed of [false, true]) {
        const headers = new Map([
          ['authorization', 'Bearer x'],
          ['some-bin', 'bytes'],
        ]);
        assert.deepEqual(await sendOne(route({ signal, isCompressed, headers })), TAKEN);
        const got = server.requests.pop();
        assert.equal(got?.signal, signal);
        assert.deepEqual(got.body, Buffer.from(encodedRequest(signal)));
        assert.equal(got.metadata.authorization, 'Bearer x');
        assert.deepEqual(got.metadata['some-bin'], Buffer.from('bytes'));
        assert.equal(got.metadata['user-agent'], 'Snoopkit/1.2.3 OTel-OTLP-Exporter-JavaScript/1.2.3');
      }
    }
  });

  it('reaches a collector by each name that gRPC has for it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'snoopkit-grpc-'));
    const path = join(folder, 'otel.sock');
    const socket = await OtlpGrpcServer.start(undefined, 0, `unix:${path}`);
    try {
      for (const [endpoint, to] of [
        [`dns:///127.0.0.1:${server.port}`, server],
        [`dns:localhost:${server.port}`, server],
        [`ipv4:127.0.0.1:${server.port}`, server],
        [`unix:${path}`, socket],
        [`unix://${path}`, socket],
      ] as const) {
        const { routes } = otlpSettings({}, { endpoint, protocol: 'grpc', isInsecure: true });
        assert.deepEqual(await sendOne(routes.logs ?? assert.fail()), TAKEN, endpoint);
        assert.equal(to.requests.splice(0).length, 1, endpoint);
      }
      const { routes } = otlpSettings({}, { endpoint: `unix:${path}`, protocol: 'grpc' });
      const outcome = await sendOne(routes.logs ?? assert.fail());
      assert.equal(outcome.kind, 'refused');
      assert.match(outcome.message, /does not use TLS, which https:\/\/ and secure gRPC require/);
    } finally {
      await socket.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it('ignores the path of the URL', async () => {
    assert.deepEqual(await sendOne({ ...route(), url: new URL('/some/path', server.url()) }), TAKEN);
  });

  it('tries again what the specification says, and gives up for the rest', async () => {
    const again = new Set([
      Code.CANCELLED,
      Code.DEADLINE_EXCEEDED,
      Code.ABORTED,
      Code.OUT_OF_RANGE,
      Code.UNAVAILABLE,
      Code.DATA_LOSS,
    ]);
    for (let code = Code.CANCELLED; code <= Code.UNAUTHENTICATED; code++) {
      const message: string = `${Code[code]}: why`;
      const expected: Outcome = again.has(code)
        ? { kind: 'later', after: undefined, message }
        : { kind: 'refused', message };
      assert.deepEqual(await answered({ code, details: 'why' }), expected);
    }
    assert.equal(server.requests.length, 16, 'each once');
  });

  it('names what an answer was, and codes that nobody knows by their numbers', async () => {
    const kindOf = (answer: GrpcAnswer, signal?: AbortSignal) => {
      server.answers.push(answer);
      return answerOf(route(), signal);
    };
    assert.deepEqual(await kindOf({}), { status: 'OK' });
    assert.deepEqual(await kindOf({ response: partialSuccess(2, 'x') }), { status: 'OK', error: 'rejected' });
    assert.deepEqual(await kindOf({ code: Code.NOT_FOUND }), { status: 'NOT_FOUND', error: 'NOT_FOUND' });
    for (const code of [17, 99, 1000]) {
      assert.deepEqual(await kindOf({ code }), { status: `${code}`, error: `${code}` });
      const outcome = await answered({ code, details: 'odd' });
      assert.deepEqual(outcome, { kind: 'refused', message: `gRPC status ${code}: odd` });
    }
    assert.deepEqual(await kindOf({ fault: 'hang' }, AbortSignal.timeout(300)), { error: 'timeout' });
    await server.stop();
    assert.deepEqual(await answerOf(route()), { error: 'UNAVAILABLE' });
  });

  it('tries again when RESOURCE_EXHAUSTED says when', async () => {
    const exhausted = { code: Code.RESOURCE_EXHAUSTED, details: 'full' };
    for (const [retry, after] of [
      [{ seconds: 3, nanos: 500_000_000 }, 3500],
      [{ seconds: 0, nanos: 1 }, 1],
      [{ seconds: -3, nanos: 0 }, 0],
      [null, 0],
    ] as const) {
      const outcome = await answered({ ...exhausted, retry });
      assert.deepEqual(outcome, { kind: 'later', after, message: 'RESOURCE_EXHAUSTED: full' });
    }
    assert.equal((await answered(exhausted)).kind, 'refused');
  });

  it('waits as long as another error says, and gives up even so where it is final', async () => {
    const retry = { seconds: 2, nanos: 0 };
    const outcome = await answered({ code: Code.UNAVAILABLE, retry });
    assert.deepEqual(outcome, { kind: 'later', after: 2000, message: 'UNAVAILABLE' });
    assert.equal((await answered({ code: Code.INVALID_ARGUMENT, retry })).kind, 'refused');
  });

  it('refuses an answer of more than 4 MiB', async () => {
    const outcome = await answered({ response: Buffer.alloc((4 << 20) + 1) });
    assert.equal(outcome.kind, 'refused');
    assert.match(outcome.message, /^RESOURCE_EXHAUSTED: .*larger/);
  });

  it('shows no header, even if the collector does', async () => {
    server.answers.push({ code: Code.UNAUTHENTICATED, details: 'no Bearer t0psecrettoken\u001b[1m of t0psecrettoken' });
    const headers = new Map([['authorization', 'Bearer t0psecrettoken']]);
    const { message } = await sendOne(route({ headers }));
    assert.equal(message, 'UNAUTHENTICATED: no *** [1m of ***');
  });

  it('tries again when the connection is refused or lost, and reaches a collector that is back', async () => {
    const { port } = server;
    server.answers.push({ fault: 'close' });
    const transport = await transportOf(route(), AGENT);
    try {
      const lost = await transport.send(encodedRequest('logs'), soon());
      assert.equal(lost.kind, 'later');
      for (let i = 0; i < 5; i++) {
        const refused = await transport.send(encodedRequest('logs'), soon());
        assert.equal(refused.kind, 'later');
        assert.match(refused.message, /^UNAVAILABLE: connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
      }
      server = await OtlpGrpcServer.start(undefined, port);
      const start = performance.now();
      while ((await transport.send(encodedRequest('logs'), soon())).kind !== 'taken') {
        assert.ok(performance.now() - start < 10_000);
        await sleep(100);
      }
    } finally {
      transport.close();
    }
  });
});
