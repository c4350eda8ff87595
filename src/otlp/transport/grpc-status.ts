/** Status of a call: grpc.io/docs/guides/status-codes, and gRPC over HTTP2 for its substitutes. */
import { STATUS_CODES } from 'node:http';
import { constants, type IncomingHttpHeaders } from 'node:http2';
import { decoded } from './shown-answer.js';

/** By number. */
const NAMES = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED'],
  ...['INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

export interface GrpcStatus {
  /** The number if it has no name. */
  readonly name: string;
  readonly message: string;
  /** An encoded google.rpc.Status. */
  readonly details?: Buffer;
}

const HTTP_STATUSES = new Map([
  [400, 'INTERNAL'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'UNIMPLEMENTED'],
  ...[429, 502, 503, 504].map((status) => [status, 'UNAVAILABLE'] as const),
]);

const RESETS = new Map([
  [constants.NGHTTP2_REFUSED_STREAM, 'UNAVAILABLE'],
  [constants.NGHTTP2_CANCEL, 'CANCELLED'],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, 'RESOURCE_EXHAUSTED'],
  [constants.NGHTTP2_INADEQUATE_SECURITY, 'PERMISSION_DENIED'],
]);

/** Status in headers or trailers; undefined without one. */
export function statusIn(headers: IncomingHttpHeaders): GrpcStatus | undefined {
  const { 'grpc-status': code, 'grpc-message': message = '', 'grpc-status-details-bin': details } = headers;
  if (code === undefined) return undefined;
  const name = /^\d+$/.test(`${code}`) ? (NAMES[Number(code)] ?? `${code}`) : 'UNKNOWN';
  return { name, message: decoded(`${message}`), ...(details && { details: Buffer.from(`${details}`, 'base64') }) };
}

/** Status for a response that is not gRPC, such as a proxy's. */
export function statusOfHttp(status: number): GrpcStatus {
  const message = `HTTP ${status} ${STATUS_CODES[status] ?? ''}`.trim();
  return { name: HTTP_STATUSES.get(status) ?? 'UNKNOWN', message: `${message}, without a gRPC status` };
}

export const statusOfReset = (code: number): GrpcStatus => ({
  name: RESETS.get(code) ?? 'INTERNAL',
  message: `received RST_STREAM with error code ${code}`,
});
