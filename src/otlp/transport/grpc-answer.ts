/** Interpretation of gRPC responses: opentelemetry.io/docs/specs/otlp, OTLP/gRPC Response. */
import { messageType } from '../messages.js';
import type { AnswerKind, Outcome } from '../types.js';
import { connectionFailure } from './connection-failure.js';
import { type GrpcAnswer, messageOf } from './grpc-call.js';
import type { GrpcStatus } from './grpc-status.js';
import { isTooLarge, TOO_LARGE } from './gzip.js';
import { later } from './later.js';
import { takenByProtobuf, unreadable } from './partial-success.js';
import type { ShowAnswer } from './shown-answer.js';

const RETRYABLE: ReadonlySet<string> = new Set([
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNAVAILABLE',
  'DATA_LOSS',
]);

interface RpcStatus {
  readonly details: readonly { readonly typeUrl: string; readonly value: Uint8Array }[];
}

interface RetryInfo {
  readonly retryDelay?: { readonly seconds: unknown; readonly nanos: number };
}

/** Milliseconds of the google.rpc.RetryInfo in an error; undefined without one. */
function retryInfo(bytes: Buffer | undefined): number | undefined {
  if (bytes === undefined) return undefined;
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

function failure({ name, message: text, details }: GrpcStatus, show: ShowAnswer): Outcome {
  const title = /^\d/.test(name) ? `gRPC status ${name}` : name;
  const message = show(text ? `${title}: ${text}` : title);
  const answer: AnswerKind = { status: name, error: name };
  const after = retryInfo(details);
  const isRetryable = RETRYABLE.has(name) || (name === 'RESOURCE_EXHAUSTED' && after !== undefined);
  return isRetryable ? later(message, after, answer) : { kind: 'refused', message, answer };
}

export async function outcomeOf(answer: GrpcAnswer, show: ShowAnswer): Promise<Outcome> {
  const { status } = answer;
  if (status.name !== 'OK') return failure(status, show);
  try {
    return takenByProtobuf(await messageOf(answer), 'OK', show);
  } catch (error) {
    const tooLarge: GrpcStatus = { name: 'RESOURCE_EXHAUSTED', message: TOO_LARGE };
    return isTooLarge(error) ? failure(tooLarge, show) : unreadable('OK', ': truncated or undecodable');
  }
}

/** Outcome of a failed or broken connection. */
export function unconnected(error: Error, show: ShowAnswer): Outcome {
  const { isFinal, message } = connectionFailure(error);
  const answer: AnswerKind = { error: 'UNAVAILABLE' };
  if (isFinal) return { kind: 'refused', message: show(message), answer };
  return later(show(`UNAVAILABLE: ${message}`), undefined, answer);
}
