/** What an error over gRPC says: opentelemetry.io/docs/specs/otlp, OTLP/gRPC Response. */
import { status as Code, type ServiceError } from '@grpc/grpc-js';
import { messageType } from '../messages.js';
import type { Outcome } from '../types.js';
import { later } from './later.js';
import type { ShowAnswer } from './shown-answer.js';
import { opensslReason, tlsRefusal, untrusted } from './tls.js';

const RETRYABLE: ReadonlySet<Code> = new Set([
  Code.CANCELLED,
  Code.DEADLINE_EXCEEDED,
  Code.ABORTED,
  Code.OUT_OF_RANGE,
  Code.UNAVAILABLE,
  Code.DATA_LOSS,
]);

interface RpcStatus {
  readonly details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[];
}

interface RetryInfo {
  readonly retryDelay?: { readonly seconds: unknown; readonly nanos: number };
}

/** The google.rpc.RetryInfo that comes with an error: its milliseconds; undefined where there is none. */
function retryInfo({ metadata }: ServiceError): number | undefined {
  const [bytes] = metadata?.get('grpc-status-details-bin') ?? [];
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    const { details } = messageType('Status').decode(bytes) as unknown as RpcStatus;
    const info = details.find(({ typeUrl }) => typeUrl.endsWith('/google.rpc.RetryInfo'));
    if (info === undefined) return undefined;
    const { retryDelay } = messageType('RetryInfo').decode(info.value) as unknown as RetryInfo;
    return retryDelay ? Number(retryDelay.seconds) * 1000 + Math.ceil(retryDelay.nanos / 1e6) : 0;
  } catch {
    return undefined;
  }
}

/** Of what grpc-js says when there is no connection, why there is none. */
const UNCONNECTED =
  /^No connection established\. Last error: (?:Error(?: \[\w+\])?: )?(.*?)(?: \([\dTZ:.-]+\))?\. Resolution note: ?(.*)$/s;

/** Why TLS came to nothing. grpc-js has only words left; nearly all that OpenSSL says of verification has this one. */
function connectionRefusal(reason: string): string | undefined {
  return tlsRefusal(reason) ?? (/certificate/i.test(reason) ? untrusted(reason) : undefined);
}

export function outcomeOf(error: ServiceError, show: ShowAnswer): Outcome {
  const { code } = error;
  const unconnected = code === Code.UNAVAILABLE ? UNCONNECTED.exec(error.details) : null;
  const [, reason = '', note = ''] = unconnected ?? [];
  const refusal = connectionRefusal(reason);
  const name = Code[code] ?? `gRPC status ${code}`;
  const status = Code[code] ?? String(code);
  const answer = { ...(!unconnected && { status }), error: status };
  if (refusal !== undefined) return { kind: 'refused', message: show(refusal), answer };
  const details = unconnected ? [opensslReason(reason) ?? reason, note].filter(Boolean).join('; ') : error.details;
  const message = show(details ? `${name}: ${details}` : name);
  const after = retryInfo(error);
  const isRetryable = RETRYABLE.has(code) || (code === Code.RESOURCE_EXHAUSTED && after !== undefined);
  return isRetryable ? later(message, after, answer) : { kind: 'refused', message, answer };
}
