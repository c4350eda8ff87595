import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { messageType } from '../../../src/otlp/messages.js';
import { otlpSettings } from '../../../src/otlp/settings/settings.js';
import { transportOf } from '../../../src/otlp/transport/transport.js';
import { type Protocol, SIGNALS } from '../../../src/otlp/types.js';
import { encodedRequest } from '../../helpers/otlp-requests.js';
import { type HttpAnswer, OtlpHttpServer, partialSuccess } from '../../helpers/otlp-server.js';
import { AGENT, answerOf, PATHS, routeTo, sendOne, soon, TAKEN } from './helpers.js';

const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };

describe('output: OTLP over HTTP', () => {
  let server: OtlpHttpServer;
  beforeEach(async () => {
    server = await OtlpHttpServer.start();
  });
  afterEach(() => server.stop());

  const route = (protocol: Protocol = 'http/protobuf') => routeTo(server.url(), protocol);
  /** The outcome of a request with this answer. */
  function answered(answer: HttpAnswer, protocol: Protocol = 'http/protobuf') {
    server.answers.push(answer);
    return sendOne(route(protocol));
  }

  it('sends what it was given, with the headers of the specification', async () => {
    for (const signal of SIGNALS) {
      for (const isCompressed of [false, true]) {
        const headers = new Map([['x-scope', 'a b']]);
        const url = server.url(`${PATHS[signal]}?a=b%20c`);
        assert.deepEqual(await sendOne(routeTo(url, 'http/protobuf', { signal, isCompressed, headers })), TAKEN);
        const got = server.requests.pop();
        assert.ok(got);
        assert.deepEqual(got.body, Buffer.from(encodedRequest(signal)));
        assert.deepEqual([got.method, got.path], ['POST', `${PATHS[signal]}?a=b%20c`]);
        const { 'content-length': length, ...rest } = got.headers;
        assert.deepEqual(rest, {
          host: server.url().host,
          'user-agent': 'Snoopkit/1.2.3 OTel-OTLP-Exporter-JavaScript/1.2.3',
          'x-scope': 'a b',
          'accept-encoding': 'gzip',
          'content-type': 'application/x-protobuf',
          connection: 'keep-alive',
          ...(isCompressed && { 'content-encoding': 'gzip' }),
        });
        if (!isCompressed) assert.equal(Number(length), got.body.length);
      }
    }
  });

  it('asks for the path as it was given', async () => {
    for (const path of ['/a/../{b}', '//x/./', '/%7e?q={y}']) {
      const variables = { OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${server.url().origin}${path}` };
      const { routes } = otlpSettings(variables, {});
      assert.deepEqual(await sendOne(routes.logs ?? assert.fail()), TAKEN);
      assert.equal(server.requests.pop()?.path, path);
    }
  });

  it('takes the user agent of the route', async () => {
    assert.deepEqual(await sendOne({ ...route(), headers: new Map([['user-agent', 'mine']]) }), TAKEN);
    assert.equal(server.requests[0]?.headers['user-agent'], 'mine');
  });

  it('tries again what the specification says, after the time that the collector says', async () => {
    for (const status of [429, 502, 503, 504]) {
      for (const [value, least, most] of [
        ['7', 7000, 7000],
        ['0', 0, 0],
        [new Date(Date.now() + 60_000).toUTCString(), 55_000, 60_000],
        [new Date(0).toUTCString(), 0, 0],
        ['99999999999999999999', 1e23, 1e23],
      ] as const) {
        const outcome = await answered({ status, headers: { 'retry-after': value } });
        assert.equal(outcome.kind, 'later', `${status}`);
        assert.ok(outcome.kind === 'later' && outcome.after !== undefined);
        assert.ok(least <= outcome.after && outcome.after <= most, `${value}: ${outcome.after}`);
      }
      for (const value of [undefined, 'soon', '-1', '1.5']) {
        const outcome = await answered({ status, ...(value && { headers: { 'retry-after': value } }) });
        assert.deepEqual(outcome.kind === 'later' && outcome.after, undefined);
        assert.match(outcome.message, new RegExp(`^HTTP ${status} `));
      }
    }
  });

  it('gives up for all other statuses', async () => {
    for (const status of [400, 401, 403, 404, 405, 408, 413, 415, 431, 500, 501, 505]) {
      const outcome = await answered({ status, headers: { 'retry-after': '1' } });
      assert.equal(outcome.kind, 'refused', `${status}`);
      assert.match(outcome.message, new RegExp(`^HTTP ${status} `));
    }
  });

  it('follows no redirection, and says where it leads', async () => {
    for (const status of [301, 302, 303, 307, 308, 304]) {
      const location = `${server.url('/elsewhere?token=secret')}`;
      const { kind, message } = await answered({ status, headers: { location } });
      assert.equal(kind, 'refused');
      assert.match(message, new RegExp(`^HTTP ${status} .*: redirects are not followed to ${server.url().origin}$`));
    }
    assert.ok(server.requests.every(({ path }) => path === '/v1/logs'));
  });

  it('takes any success', async () => {
    for (const status of [200, 202, 204]) assert.deepEqual(await answered({ status }), TAKEN);
  });

  it('reports what the collector rejected as JSON, too', async () => {
    const errorMessage = 'too\u001b[31m\nold';
    const said = { kind: 'taken', rejected: 3, message: 'too [31m old' };
    for (const rejected of [3, '3']) {
      const body = JSON.stringify({ partialSuccess: { rejectedLogRecords: rejected, errorMessage } });
      assert.deepEqual(await answered({ body }, 'http/json'), said);
    }
    for (const [signal, name] of [
      ['traces', 'rejectedSpans'],
      ['metrics', 'rejectedDataPoints'],
    ] as const) {
      server.answers.push({ body: JSON.stringify({ partialSuccess: { [name]: '3', errorMessage } }) });
      assert.deepEqual(await sendOne({ ...route('http/json'), signal }), said);
    }
  });

  it('takes empty JSON for success', async () => {
    for (const body of ['', '{}', '{"partialSuccess":{}}', '{"partialSuccess":null}']) {
      assert.deepEqual(await answered({ body }, 'http/json'), TAKEN);
    }
  });

  it('takes a success that can not be read for one, and says so', async () => {
    const type = await answered({ body: '<html>', headers: { 'content-type': 'text/html; charset=utf-8' } });
    assert.equal(type.kind, 'taken');
    assert.match(type.message, /response is unreadable: content type text\/html, expected application\/x-protobuf$/);
    for (const body of ['{', 'null']) {
      const { kind, message } = await answered({ body }, 'http/json');
      assert.equal(kind, 'taken');
      assert.match(message, /response is unreadable/);
    }
    // Without a type it is what was asked for.
    assert.deepEqual(await answered({ body: partialSuccess(0, ''), headers: { 'content-type': '' } }), TAKEN);
  });

  it('refuses an answer of more than 4 MiB', async () => {
    for (const status of [200, 503]) {
      const outcome = await answered({ status, body: Buffer.alloc((4 << 20) + 1) });
      assert.deepEqual(outcome, { kind: 'refused', message: 'the response is larger than 4 MiB' });
    }
    assert.equal((await answered({ body: Buffer.alloc(4 << 20) })).kind, 'taken');
  });

  it('says shortly what an error says, in whichever form', async () => {
    const status = messageType('Status').encode({ code: 3, message: 'bad\u001b[31m\nrecord' }).finish();
    for (const [body, headers] of [
      [status, PROTOBUF],
      [JSON.stringify({ code: 3, message: 'bad\u001b[31m\nrecord' }), JSON_TYPE],
      ['bad\u001b[31m\nrecord', { 'content-type': 'text/plain' }],
    ] as const) {
      assert.equal((await answered({ status: 400, body, headers })).message, 'HTTP 400 Bad Request: bad [31m record');
    }
    for (const [body, headers] of [
      ['<html>', { 'content-type': 'text/html' }],
      [Buffer.from([0xff]), PROTOBUF],
      ['{', JSON_TYPE],
      ['null', JSON_TYPE],
    ] as const) {
      assert.equal((await answered({ status: 400, body, headers })).message, 'HTTP 400 Bad Request');
    }
    const long = await answered({
      status: 400,
      body: '\u{1f600}'.repeat(5000),
      headers: { 'content-type': 'text/plain' },
    });
    assert.match(long.message, /^HTTP 400 Bad Request: \u{1f600}{200,300}\.\.\.$/u);
  });

  it('shows no header and no credential, even if the collector does', async () => {
    const headers = new Map([
      ['authorization', 'Bearer t0psecrettoken'],
      ['x-key', 'k3y!'],
    ]);
    const url = server.url();
    url.username = 'someone';
    url.password = 'p%40ssword';
    server.answers.push({
      status: 401,
      body: 'no Bearer t0psecrettoken, t0psecrettoken, k3y!, p@ssword, p%40ssword',
      headers: { 'content-type': 'text/plain' },
    });
    const { message } = await sendOne({ ...route(), url, headers });
    assert.equal(message, 'HTTP 401 Unauthorized: no ***, ***, ***, ***, ***');
  });

  it('sends the credentials of the URL, where no header has any', async () => {
    const url = server.url();
    url.username = 'me';
    url.password = 'p%40ss';
    await sendOne({ ...route(), url });
    assert.equal(server.requests[0]?.headers.authorization, `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  });

  it('goes by the status of an answer that ends too early, or never', async () => {
    const kinds = [
      [200, 'taken'],
      [400, 'refused'],
      [404, 'refused'],
      [429, 'later'],
      [503, 'later'],
    ] as const;
    for (const [status, kind] of kinds) {
      const headers = { 'content-type': 'text/plain', 'retry-after': '7' };
      const cut = await answered({ status, fault: 'cut', body: 'half of', headers });
      server.answers.push({ status, fault: 'stall', body: 'half of', headers });
      const stalled = await sendOne(route(), AbortSignal.timeout(300));
      for (const outcome of [cut, stalled]) {
        assert.equal(outcome.kind, kind, `${status}: ${outcome.message}`);
        if (outcome.kind === 'later') assert.equal(outcome.after, 7000);
        if (kind === 'taken') assert.match(outcome.message, /response is unreadable: truncated or undecodable$/);
        else assert.match(outcome.message, new RegExp(`^HTTP ${status} [^:]*$`));
      }
    }
  });

  it('reads what is compressed, as far as it can', async () => {
    const body = gzipSync(partialSuccess(3, 'old'));
    for (const encoding of ['gzip', 'GZIP', 'x-gzip']) {
      const outcome = await answered({ body, headers: { 'content-encoding': encoding } });
      assert.deepEqual(outcome, { kind: 'taken', rejected: 3, message: 'old' });
    }
    const why = gzipSync('why not');
    const headers = { 'content-encoding': 'gzip', 'content-type': 'text/plain' };
    assert.equal((await answered({ status: 400, body: why, headers })).message, 'HTTP 400 Bad Request: why not');
    assert.deepEqual(
      await answered({ body: partialSuccess(0, ''), headers: { 'content-encoding': 'identity' } }),
      TAKEN,
    );
    for (const [encoding, bytes] of [
      ['gzip', body.subarray(0, 12)],
      ['gzip', Buffer.from('not packed')],
      ['br', body],
    ] as const) {
      const outcome = await answered({ body: bytes, headers: { 'content-encoding': encoding } });
      assert.deepEqual([outcome.kind, /truncated or undecodable$/.test(outcome.message)], ['taken', true], encoding);
      const refused = await answered({ status: 400, body: bytes, headers: { 'content-encoding': encoding } });
      assert.deepEqual(refused, { kind: 'refused', message: 'HTTP 400 Bad Request' });
    }
    for (const status of [200, 204]) {
      const nothing = await answered({ status, headers: { 'content-encoding': 'gzip' } });
      assert.deepEqual(nothing, TAKEN);
    }
    const bomb = await answered({ body: gzipSync(Buffer.alloc(64 << 20)), headers: { 'content-encoding': 'gzip' } });
    assert.deepEqual(bomb, { kind: 'refused', message: 'the response is larger than 4 MiB' });
  });

  it('names what an answer was, or why there was none', async () => {
    const kindOf = (answer: HttpAnswer, signal?: AbortSignal) => {
      server.answers.push(answer);
      return answerOf(route(), signal);
    };
    assert.deepEqual(await kindOf({}), { status: 200 });
    assert.deepEqual(await kindOf({ status: 202 }), { status: 202 });
    assert.deepEqual(await kindOf({ body: partialSuccess(2, 'x') }), { status: 200, error: 'rejected' });
    assert.deepEqual(await kindOf({ body: '<html>' }), { status: 200, error: 'unreadable_answer' });
    for (const status of [400, 503, 599]) assert.deepEqual(await kindOf({ status }), { status, error: `${status}` });
    assert.deepEqual(await kindOf({ fault: 'hang' }, AbortSignal.timeout(200)), { error: 'timeout' });
    assert.deepEqual(await kindOf({ fault: 'close' }), { error: 'ECONNRESET' });
    const gone = route();
    await server.stop();
    assert.deepEqual(await answerOf(gone), { error: 'ECONNREFUSED' });
    gone.url.hostname = 'localhost';
    assert.deepEqual(await answerOf(gone), { error: 'ECONNREFUSED' });
  });

  it('tries again when the connection is refused or closed', async () => {
    const outcome = await answered({ fault: 'close', body: 'x' });
    assert.equal(outcome.kind, 'later');
    assert.ok(outcome.message);
    const gone = routeTo(server.url(), 'http/protobuf');
    await server.stop();
    const refused = await sendOne(gone);
    assert.equal(refused.kind, 'later');
    assert.match(refused.message, /ECONNREFUSED/);
    gone.url.hostname = 'localhost';
    assert.match((await sendOne(gone)).message, /ECONNREFUSED/);
  });

  it('has a few connections at the most', async () => {
    const transport = await transportOf(route(), AGENT);
    for (let i = 0; i < 20; i++) server.answers.push({ delay: 20 });
    const all = await Promise.all(Array.from({ length: 20 }, () => transport.send(encodedRequest('logs'), soon())));
    transport.close();
    assert.ok(all.every(({ kind }) => kind === 'taken'));
    assert.equal(new Set(server.requests.map(({ clientPort }) => clientPort)).size, 4);
  });

  it('compresses well enough', async () => {
    await sendOne({ ...route(), isCompressed: true });
    const length = Number(server.requests[0]?.headers['content-length']);
    assert.ok(length < gzipSync(encodedRequest('logs')).length * 1.3, `${length}`);
  });
});
