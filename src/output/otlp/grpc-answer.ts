/** What an error over gRPC says: opentelemetry.io/docs/specs/otlp, OTLP/gRPC Response. */
import { status as Code, type ServiceError } from '@grpc/grpc-js';
import { later } from './later.js';
import { messageType } from './messages.js';
import type { ShowAnswer } from './shown-answer.js';
import { UNTRUSTED } from './tls.js';
import type { Outcome } from './types.js';

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

export function outcomeOf(error: ServiceError, show: ShowAnswer): Outcome {
  const { code, details } = error;
  // grpc-js has only the words of OpenSSL left, and nearly all that it says of verification has this one.
  if (code === Code.UNAVAILABLE && /Last error: .*certificate/i.test(details)) {
    return { kind: 'refused', message: show(`${UNTRUSTED}: ${details}`) };
  }
  const message = show(details ? `${Code[code]}: ${details}` : `${Code[code]}`);
  const after = retryInfo(error);
  const isRetryable = RETRYABLE.has(code) || (code === Code.RESOURCE_EXHAUSTED && after !== undefined);
  return isRetryable ? later(message, after) : { kind: 'refused', message };
}
