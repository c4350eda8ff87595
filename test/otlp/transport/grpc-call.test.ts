/** What a collector, or something that is none, may answer to a call of gRPC. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { decode, encode } from 'dns-packet';
import { transportOf } from '../../../src/otlp/transport/transport.js';
import type { Outcome } from '../../../src/otlp/types.js';
import { answerWith, Http2Server, taken } from '../../helpers/http2-server.js';
import { partialSuccess } from '../../helpers/otlp-server.js';
import { AGENT, plain, routeTo, sendAll, sendOne, soon, TAKEN } from './helpers.js';

const framed = (message: Uint8Array, flag = 0): Buffer => {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
};

const GZIP = { 'grpc-encoding': 'gzip' };

describe('output: OTLP over gRPC: the protocol', () => {
  let server: Http2Server;
  beforeEach(async () => {
    server = await Http2Server.start();
  });
  afterEach(() => server.stop());

  const route = () => routeTo(server.url(), 'grpc');
  function answered(...answers: ((stream: ServerHttp2Stream) => void)[]): Promise<Outcome> {
    server.answers.push(...answers);
    return sendOne(route());
  }

  it('asks as gRPC does', async () => {
    assert.deepEqual(await sendOne({ ...route(), isCompressed: true }), TAKEN);
    const [headers] = server.requests;
    assert.equal(headers?.[':method'], 'POST');
    assert.equal(headers[':scheme'], 'http');
    assert.equal(headers[':authority'], `127.0.0.1:${server.port}`);
    assert.equal(headers.te, 'trailers');
    assert.equal(headers['content-type'], 'application/grpc');
    assert.equal(headers['grpc-encoding'], 'gzip');
    assert.equal(headers['grpc-accept-encoding'], 'identity,gzip');
  });

  it('reads a status without a message, and its text', async () => {
    const only = (headers: Record<string, string>) => (stream: ServerHttp2Stream) =>
      stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { endStream: true });
    for (const [text, shown] of [
      ['no%20%E2%82%AC', 'no \u20ac'],
      ['100%', '100%'],
    ] as const) {
      const outcome = await answered(only({ 'grpc-status': '3', 'grpc-message': text }));
      assert.deepEqual(outcome, { kind: 'refused', message: `INVALID_ARGUMENT: ${shown}` });
    }
    for (const code of ['', 'x', '-1', '0, 0'])
      assert.deepEqual(await answered(only({ 'grpc-status': code })), { kind: 'refused', message: 'UNKNOWN' }, code);
  });

  it('makes a status of that of HTTP where there is no other', async () => {
    for (const [status, name, kind] of [
      [400, 'INTERNAL', 'refused'],
      [401, 'UNAUTHENTICATED', 'refused'],
      [403, 'PERMISSION_DENIED', 'refused'],
      [404, 'UNIMPLEMENTED', 'refused'],
      [429, 'UNAVAILABLE', 'later'],
      [502, 'UNAVAILABLE', 'later'],
      [503, 'UNAVAILABLE', 'later'],
      [504, 'UNAVAILABLE', 'later'],
      [200, 'UNKNOWN', 'refused'],
      [500, 'UNKNOWN', 'refused'],
    ] as const) {
      const outcome = await answered((stream) => {
        stream.respond({ ':status': status, 'content-type': 'text/html' });
        stream.end('<p>');
      });
      assert.equal(outcome.kind, kind, `${status}`);
      assert.match(outcome.message, new RegExp(`^${name}: HTTP ${status} .*, without a gRPC status$`));
    }
  });

  it('makes a status of a stream that was reset', async () => {
    for (const [code, name, kind] of [
      [constants.NGHTTP2_CANCEL, 'CANCELLED', 'later'],
      [constants.NGHTTP2_INTERNAL_ERROR, 'INTERNAL', 'refused'],
      [constants.NGHTTP2_PROTOCOL_ERROR, 'INTERNAL', 'refused'],
      [constants.NGHTTP2_ENHANCE_YOUR_CALM, 'RESOURCE_EXHAUSTED', 'refused'],
      [constants.NGHTTP2_INADEQUATE_SECURITY, 'PERMISSION_DENIED', 'refused'],
    ] as const) {
      const { kind: got, message } = await answered((stream) => stream.close(code));
      assert.deepEqual([got, message], [kind, `${name}: received RST_STREAM with error code ${code}`]);
    }
    assert.equal(server.requests.length, 5);
  });

  it('asks once more where the collector has refused to look', async () => {
    const refuse = (stream: ServerHttp2Stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM);
    assert.deepEqual(await answered(refuse), TAKEN);
    const { kind, message } = await answered(refuse, refuse);
    assert.equal(kind, 'later');
    assert.match(message, /^UNAVAILABLE: received RST_STREAM/);
    assert.equal(server.requests.length, 4);
  });

  it('takes what was accepted for that, even if the message is malformed', async () => {
    for (const [body, headers] of [
      [Buffer.alloc(0), {}],
      [Buffer.alloc(4), {}],
      [framed(Buffer.alloc(10)).subarray(0, 12), {}],
      [Buffer.alloc(10), {}],
      [framed(gzipSync(''), 1), {}],
      [framed(gzipSync(''), 1), { 'grpc-encoding': 'snappy' }],
      [framed(Buffer.from('not packed'), 1), GZIP],
      [framed(gzipSync(''), 2), GZIP],
    ] as const) {
      const { kind, message } = await answered(answerWith(body, undefined, headers));
      assert.equal(kind, 'taken');
      assert.match(message, /the response is unreadable: truncated or undecodable$/);
    }
  });

  it('unpacks an answer, up to 4 MiB of it', async () => {
    const part = await answered(answerWith(framed(gzipSync(partialSuccess(3, 'old')), 1), undefined, GZIP));
    assert.deepEqual(part, { kind: 'taken', rejected: 3, message: 'old' });
    const bomb = await answered(answerWith(framed(gzipSync(Buffer.alloc((4 << 20) + 1)), 1), undefined, GZIP));
    assert.deepEqual(bomb, { kind: 'refused', message: 'RESOURCE_EXHAUSTED: the response is larger than 4 MiB' });
  });

  it('hears an answer that comes before all was sent, and keeps its connection', async () => {
    const transport = await transportOf(route(), AGENT);
    server.answers.push((stream) => {
      stream.pause();
      stream.respond({ 'grpc-status': '8' }, { endStream: true });
    });
    const outcome = await transport.send(new Uint8Array(4 << 20), soon());
    assert.deepEqual(plain(outcome), { kind: 'refused', message: 'RESOURCE_EXHAUSTED' });
    assert.deepEqual(plain(await transport.send(new Uint8Array(4 << 20), soon())), TAKEN);
    transport.close();
    assert.equal(server.connections, 1);
  });

  it('sends several requests at once, by one connection', async () => {
    const transport = await transportOf(route(), AGENT);
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => transport.send(new Uint8Array(4 << 20), soon())),
    );
    transport.close();
    assert.deepEqual(outcomes.map(plain), Array(8).fill(TAKEN));
    assert.equal(server.connections, 1);
  });

  it('goes to a new connection when the collector goes away, and still hears the last answer', async () => {
    server.answers.push((stream) => {
      stream.session?.goaway(constants.NGHTTP2_NO_ERROR);
      setTimeout(() => taken(stream), 50);
    });
    assert.deepEqual(await sendAll(route(), [soon(), soon(), soon()]), [TAKEN, TAKEN, TAKEN]);
    assert.equal(server.connections, 2);
  });

  it('tries again when the connection ends instead of an answer', async () => {
    for (const end of [
      (stream: ServerHttp2Stream) => stream.session?.destroy(),
      (stream: ServerHttp2Stream) => stream.session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM),
      (stream: ServerHttp2Stream) => {
        stream.respond({ 'content-type': 'application/grpc' });
        stream.write(Buffer.alloc(5), () => stream.session?.destroy());
      },
    ]) {
      const { kind, message } = await answered(end);
      assert.equal(kind, 'later', message);
      assert.match(message, /^UNAVAILABLE: /);
    }
  });

  it('tries again where there is no HTTP/2', async () => {
    const old = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(old, 'listening');
    const url = new URL(`http://127.0.0.1:${(old.address() as AddressInfo).port}`);
    const { kind, message } = await sendOne(routeTo(url, 'grpc'));
    old.close();
    assert.equal(kind, 'later');
    assert.match(message, /^UNAVAILABLE: ./);
  });

  it('reaches a collector by IPv6, and by the first of several addresses that takes it', async () => {
    const six = await Http2Server.start('::1');
    assert.deepEqual(await sendOne(routeTo(six.url('[::1]'), 'grpc')), TAKEN);
    await six.stop();
    const several = (...ports: number[]) => ({
      ...route(),
      target: `ipv4:${ports.map((port) => `127.0.0.1:${port}`).join(',')}`,
    });
    assert.deepEqual(await sendOne(several(1, server.port, 2)), TAKEN);
    const { kind, message } = await sendOne(several(1, 2));
    assert.equal(kind, 'later');
    assert.equal(message, 'UNAVAILABLE: connect ECONNREFUSED 127.0.0.1:1, connect ECONNREFUSED 127.0.0.1:2');
  });

  it('asks the name server that it was told', async () => {
    const names = createSocket('udp4');
    names.on('message', (bytes, { port, address }) => {
      const { id, questions = [] } = decode(bytes);
      const isKnown = questions[0]?.type === 'A' && questions[0].name === 'collector.test';
      const answers = isKnown ? [{ type: 'A', name: 'collector.test', data: '127.0.0.1' } as const] : [];
      names.send(encode({ type: 'response', id: id ?? 0, questions, answers }), port, address);
    });
    names.bind(0, '127.0.0.1');
    await once(names, 'listening');
    const by = (name: string) => ({
      ...routeTo(new URL(`http://${name}:${server.port}`), 'grpc'),
      target: `dns://127.0.0.1:${names.address().port}/${name}:${server.port}`,
    });
    try {
      assert.deepEqual(await sendOne(by('collector.test')), TAKEN);
      const { kind, message } = await sendOne(by('nobody.test'));
      assert.equal(kind, 'later');
      assert.match(message, /^UNAVAILABLE: query(A|Aaaa|AAAA) ENODATA nobody\.test$/);
    } finally {
      names.close();
    }
  });
});
