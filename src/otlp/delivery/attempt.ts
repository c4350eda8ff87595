import { oneLine } from '../one-line.js';
import type { Outcome, Transport } from '../types.js';

/** Backoff as in OpenTelemetry's exporters: one second at first, then 1.5 times as long each time. */
const FIRST_WAIT_MS = 1000;
const GROWTH = 1.5;
const LONGEST_WAIT_MS = 30_000;
const JITTER = 0.2;

/** The maximum of setTimeout: about 24 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A timer that does not keep the process alive. */
export const quietTimer = (act: () => void, ms: number): NodeJS.Timeout =>
  setTimeout(act, Math.min(ms, LONGEST_TIMER_MS)).unref();

/** Milliseconds before the next attempt. Jitter keeps clients that lost a collector from returning at the same time. */
export function backoff(tries: number, random: () => number): number {
  const wait = Math.min(FIRST_WAIT_MS * GROWTH ** (tries - 1), LONGEST_WAIT_MS);
  return wait * (1 - JITTER + 2 * JITTER * random());
}

/**
 * Sends a request once, for at most `limit` milliseconds or until `abort` is called. If the response had begun by then,
 * the transport may still report its result; otherwise, the outcome is `later`.
 */
export function attempt(
  transport: Transport,
  request: Uint8Array,
  limit: number,
): { outcome: Promise<Outcome>; abort: (message: string, error?: string) => void } {
  const controller = new AbortController();
  let end: (outcome: Outcome) => void = () => undefined;
  const outcome = new Promise<Outcome>((resolve) => {
    end = resolve;
  });
  const later = (message: string, error: string): Outcome => ({
    kind: 'later',
    after: undefined,
    message,
    answer: { error },
  });
  let ended: Outcome | undefined;
  const abort = (message: string, error = 'shutdown') => {
    ended ??= later(message, error);
    controller.abort();
    const last = ended;
    // A transport resolves before this, or never.
    setImmediate(() => end(last));
  };
  const timer = Number.isFinite(limit) ? quietTimer(() => abort('no answer in time', 'timeout'), limit) : undefined;
  transport.send(request, controller.signal).then(
    (answer) => end(ended && answer.kind === 'later' ? ended : answer),
    (error) => end(later(oneLine(String(error)), '_OTHER')),
  );
  return { outcome: outcome.finally(() => clearTimeout(timer)), abort };
}

/** Waits for `done`, for at most `ms` milliseconds. */
export async function within(ms: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, LONGEST_TIMER_MS));
  });
  await Promise.race([done, over]);
  clearTimeout(timer);
}
