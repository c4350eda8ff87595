/** Interpretation of HTTP responses: opentelemetry.io/docs/specs/otlp, OTLP/HTTP Response. */
import { type IncomingHttpHeaders, type IncomingMessage, STATUS_CODES } from 'node:http';
import { messageType } from '../messages.js';
import type { Outcome, Route } from '../types.js';
import { isTooLarge, LARGEST, TOO_LARGE, unpacked } from './gzip.js';
import { later } from './later.js';
import { takenByJson, takenByProtobuf, unreadable } from './partial-success.js';
import type { ShowAnswer } from './shown-answer.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Whether the body is incomplete or can't be decompressed. It means nothing then, but the status does. */
  readonly isCut?: boolean;
}

const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Reads a response as far as it arrives; undefined if it is too large for a collector's. */
export async function readAnswer(response: IncomingMessage): Promise<Answer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Leaving the loop closes the connection.
    for await (const chunk of response) {
      length += chunk.length;
      if (length > LARGEST) return undefined;
      chunks.push(chunk);
    }
    const body = await decoded(Buffer.concat(chunks), response.headers['content-encoding']);
    return { ...headOf(response), body, isCut: false };
  } catch (error) {
    return isTooLarge(error) ? undefined : headOf(response);
  }
}

/** Throws if the body is broken, too large, or in an unrequested encoding. */
async function decoded(body: Buffer, encoding = ''): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (body.length === 0 || name === '' || name === 'identity') return body;
  if (name === 'gzip' || name === 'x-gzip') return unpacked(body);
  throw new RangeError(`unexpected content encoding ${name}`);
}

/** A response without its body. */
export const headOf = ({ statusCode = 0, headers }: IncomingMessage): Answer => ({
  status: statusCode,
  headers,
  body: Buffer.alloc(0),
  isCut: true,
});

/** The media type without parameters such as `charset=utf-8`. */
const contentType = ({ headers }: Answer): string =>
  (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';

/** Milliseconds from now, for seconds or an HTTP date; undefined for anything else. */
function retryAfter(value = ''): number | undefined {
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  return /^\w+, .* GMT$/.test(value) ? Date.parse(value) - Date.now() : undefined;
}

/** Text of an error: a google.rpc.Status in the request's encoding, or a proxy's text. */
function errorText(answer: Answer): string {
  const text = () => answer.body.toString();
  try {
    switch (contentType(answer)) {
      case 'application/x-protobuf':
        return (messageType('Status').decode(answer.body) as unknown as { message: string }).message;
      case 'application/json': {
        const { message } = JSON.parse(text());
        return typeof message === 'string' ? message : text();
      }
      case 'text/plain':
        return text();
      default:
        // A page of HTML says less than the status.
        return '';
    }
  } catch {
    return '';
  }
}

/** Target of a redirection without path and query, which may be secret. */
function redirection({ headers: { location } }: Answer): string {
  const origin = location !== undefined && URL.canParse(location) ? ` to ${new URL(location).origin}` : '';
  return `redirects are not followed${origin}`;
}

/** Outcome for a status other than success. */
export function failure(answer: Answer, show: ShowAnswer): Outcome {
  const { status } = answer;
  const isRedirection = status >= 300 && status < 400;
  const detail = isRedirection ? redirection(answer) : errorText(answer);
  const message = show([`HTTP ${status}`, STATUS_CODES[status]].join(' ') + (detail && `: ${detail}`));
  const kind = { status, error: String(status) };
  if (!RETRYABLE.has(status)) return { kind: 'refused', message, answer: kind };
  return later(message, retryAfter(answer.headers['retry-after']), kind);
}

function success(answer: Answer, { protocol, signal }: Route, show: ShowAnswer): Outcome {
  const expected = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
  const { status, body } = answer;
  const type = contentType(answer) || expected;
  if (answer.isCut) return unreadable(status, ': truncated or undecodable');
  if (body.length > 0 && type !== expected)
    return unreadable(status, `: content type ${show(type)}, expected ${expected}`);
  return protocol === 'http/json' ? takenByJson(body, signal, status, show) : takenByProtobuf(body, status, show);
}

export function outcomeOf(answer: Answer | undefined, route: Route, show: ShowAnswer): Outcome {
  if (answer === undefined)
    return {
      kind: 'refused',
      message: TOO_LARGE,
      answer: { error: 'answer_too_large' },
    };
  const isSuccess = answer.status >= 200 && answer.status < 300;
  return isSuccess ? success(answer, route, show) : failure(answer, show);
}
