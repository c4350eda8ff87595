import { ignoresHangups } from './inheritance.js';

const ENDS = ['SIGINT', 'SIGTERM'] as const;
const ASKS = ['SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const;

/** Signal handlers of a run. */
export interface SignalActions {
  /** Ends the run gracefully: SIGINT, SIGTERM, and SIGHUP unless ignored from the start, as with nohup(1). */
  readonly end: (signal?: NodeJS.Signals) => void;
  /** Reopens the output on SIGHUP. Returns false if there is nothing to reopen: then SIGHUP ends the run. */
  readonly reopen: () => boolean;
  /** Reports progress. Without a handler these would kill the run; bin/snoopkit.cjs handles them from its start on. */
  readonly progress: () => void;
}

/** Installs the handlers; the result removes them. */
export function heedSignals({ end, reopen, progress }: SignalActions): () => void {
  const hangUp = () => {
    if (reopen() || ignoresHangups()) return;
    // A second one kills it at once.
    process.off('SIGHUP', hangUp);
    end();
  };
  // The first one ends the run gracefully; after it the default is back, and a second one ends it at once.
  for (const signal of ENDS) process.once(signal, end);
  process.on('SIGHUP', hangUp);
  for (const signal of ASKS) process.on(signal, progress);
  return () => {
    for (const signal of ENDS) process.off(signal, end);
    process.off('SIGHUP', hangUp);
    for (const signal of ASKS) process.off(signal, progress);
  };
}
