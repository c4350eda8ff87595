/** A unary gRPC call: github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md. */
import {
  type ClientHttp2Session,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { type GrpcStatus, statusIn, statusOfHttp, statusOfReset } from './grpc-status.js';
import { LARGEST, TOO_LARGE, unpacked } from './gzip.js';

/** Bytes before a message: whether it is compressed, and its length. */
const PREFIX = 5;

export function framed(message: Uint8Array, isCompressed: boolean): Buffer {
  const prefix = Buffer.alloc(PREFIX);
  prefix.writeUInt8(isCompressed ? 1 : 0);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

export interface GrpcAnswer {
  readonly status: GrpcStatus;
  readonly body: Buffer;
  readonly encoding: unknown;
  /** Whether the collector did not process it. */
  readonly isUnseen: boolean;
}

/** The message of a response. Throws unless there is exactly one, complete message. */
export async function messageOf({ body, encoding }: GrpcAnswer): Promise<Buffer> {
  if (body.length < PREFIX || body.readUInt32BE(1) !== body.length - PREFIX)
    throw new RangeError('expected exactly one message');
  const message = body.subarray(PREFIX);
  if (body[0] === 0) return message;
  if (body[0] !== 1 || encoding !== 'gzip') throw new RangeError('unrequested compression');
  return unpacked(message);
}

/** Rejects if the connection ends before there is a status. */
export function unaryCall(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  request: Buffer,
): Promise<GrpcAnswer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    const head: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
    const chunks: Buffer[] = [];
    let length = 0;
    let failure: NodeJS.ErrnoException | undefined;

    /** Undefined if the connection ended. */
    function status(): GrpcStatus | undefined {
      const { rstCode } = stream;
      if (length > PREFIX + LARGEST) return { name: 'RESOURCE_EXHAUSTED', message: TOO_LARGE };
      const known = statusIn(head);
      if (known) return known;
      const http = head[':status'];
      if (http !== undefined && (http !== 200 || rstCode === constants.NGHTTP2_NO_ERROR)) return statusOfHttp(http);
      const isReset = failure?.code === 'ERR_HTTP2_STREAM_ERROR' || !session.destroyed;
      return isReset ? statusOfReset(rstCode) : undefined;
    }

    stream
      .on('response', (got) => Object.assign(head, got))
      .on('trailers', (got) => Object.assign(head, got))
      .on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > PREFIX + LARGEST) stream.close(constants.NGHTTP2_CANCEL);
        else chunks.push(chunk);
      })
      // A collector may respond before it has read the whole request.
      .on('end', () => stream.writableFinished || stream.close(constants.NGHTTP2_CANCEL))
      .on('error', (error) => {
        failure = error;
      })
      .on('close', () => {
        const ended = status();
        const isUnseen = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
        if (ended) resolve({ status: ended, body: Buffer.concat(chunks), encoding: head['grpc-encoding'], isUnseen });
        else reject(failure ?? new Error('the connection was closed without a response'));
      })
      .end(request);
  });
}
