import { oneLine } from '../one-line.js';
import type { Outcome, Transport } from '../types.js';

/** As of the exporters of OpenTelemetry: a second at first, then longer by half each time. */
const FIRST_WAIT_MS = 1000;
const GROWTH = 1.5;
const LONGEST_WAIT_MS = 30_000;
const JITTER = 0.2;

/** What setTimeout takes at the most: some 24 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A timer that keeps no process alive. */
export const quietTimer = (act: () => void, ms: number): NodeJS.Timeout =>
  setTimeout(act, Math.min(ms, LONGEST_TIMER_MS)).unref();

/** How long to wait after so many tries. By chance a little more or less: not all who lost a collector come back at once. */
export function backoff(tries: number, random: () => number): number {
  const wait = Math.min(FIRST_WAIT_MS * GROWTH ** (tries - 1), LONGEST_WAIT_MS);
  return wait * (1 - JITTER + 2 * JITTER * random());
}

/**
 * Sends a request once, for so long at the most, or until `abort` is called. Then the transport may still know more than that
 * the time was over, where the answer had begun; what it fails to say, `later` says.
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
    // A transport answers before this, or never.
    setImmediate(() => end(last));
  };
  const timer = Number.isFinite(limit) ? quietTimer(() => abort('no answer in time', 'timeout'), limit) : undefined;
  transport.send(request, controller.signal).then(
    (answer) => end(ended && answer.kind === 'later' ? ended : answer),
    (error) => end(later(oneLine(String(error)), '_OTHER')),
  );
  return { outcome: outcome.finally(() => clearTimeout(timer)), abort };
}

/** Waits for something, for so long at the most. */
export async function within(ms: number, done: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, LONGEST_TIMER_MS));
  });
  await Promise.race([done, over]);
  clearTimeout(timer);
}
