import { messageType } from '../messages.js';
import type { AnswerKind, Outcome, Signal } from '../types.js';
import type { ShowAnswer } from './shown-answer.js';

/** The only field of JSON responses whose name depends on the signal. */
const REJECTED_IN_JSON: Readonly<Record<Signal, string>> = {
  logs: 'rejectedLogRecords',
  traces: 'rejectedSpans',
  metrics: 'rejectedDataPoints',
};

const UNREADABLE = 'accepted by the collector, but the response is unreadable';

type Taken = Extract<Outcome, { kind: 'taken' }>;

type Status = NonNullable<AnswerKind['status']>;

function taken(rejected: unknown, message: unknown, status: Status, show: ShowAnswer): Taken {
  // 64 bits: a string in JSON, an object in protobuf.
  const count = Math.max(0, Number(rejected ?? 0) || 0);
  return {
    kind: 'taken',
    rejected: count,
    message: typeof message === 'string' ? show(message) : '',
    answer: { status, ...(count > 0 && { error: 'rejected' }) },
  };
}

/** Result of an encoded Export...ServiceResponse. Full success is an empty body or an empty partial success. */
export function takenByProtobuf(body: Uint8Array, status: Status, show: ShowAnswer): Taken {
  try {
    const { partialSuccess } = messageType('ExportServiceResponse').decode(body) as unknown as {
      partialSuccess?: { rejected: unknown; errorMessage: unknown };
    };
    return taken(partialSuccess?.rejected, partialSuccess?.errorMessage, status, show);
  } catch {
    return unreadable(status);
  }
}

/** Result of a JSON response. */
export function takenByJson(body: Uint8Array, signal: Signal, status: Status, show: ShowAnswer): Taken {
  if (body.length === 0) return taken(0, '', status, show);
  try {
    const { partialSuccess } = JSON.parse(Buffer.from(body).toString());
    return taken(partialSuccess?.[REJECTED_IN_JSON[signal]], partialSuccess?.errorMessage, status, show);
  } catch {
    return unreadable(status);
  }
}

/** Result of an unreadable response. The collector reported success, and a retry would duplicate the data. */
export const unreadable = (status: Status, why = ''): Taken => ({
  kind: 'taken',
  rejected: 0,
  message: `${UNREADABLE}${why}`,
  // A partial success can't be ruled out.
  answer: { status, error: 'unreadable_answer' },
});
