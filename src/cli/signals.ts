import { ignoresHangups } from './inheritance.js';

const ENDS = ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGXCPU'] as const;
const ASKS = ['SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const;

/** Signal handlers of a run. */
export interface SignalActions {
  /** Ends the run gracefully: the signals of `ENDS`, and SIGHUP unless ignored from the start, as with nohup(1). */
  readonly end: (signal?: NodeJS.Signals) => void;
  /** Reopens the output on SIGHUP. Returns false if there is nothing to reopen: then SIGHUP ends the run. */
  readonly reopen: () => boolean;
  /** Reports progress. Without a handler these would kill the run; bin/snoopkit.cjs handles them from its start on. */
  readonly progress: () => void;
}

/** Installs the handlers; the result removes them. */
export function heedSignals({ end, reopen, progress }: SignalActions): () => void {
  // Once the run is ending, a user who presses Ctrl-\ does not want to wait for the end.
  const endOnce = (signal?: NodeJS.Signals) => {
    process.off('SIGQUIT', endOnce);
    end(signal);
  };
  const hangUp = () => {
    if (reopen() || ignoresHangups()) return;
    // A second one kills it at once.
    process.off('SIGHUP', hangUp);
    endOnce();
  };
  // The first one ends the run gracefully; after it the default is back, and a second one ends it at once.
  for (const signal of ENDS) process.once(signal, endOnce);
  process.on('SIGHUP', hangUp);
  for (const signal of ASKS) process.on(signal, progress);
  return () => {
    for (const signal of ENDS) process.off(signal, endOnce);
    process.off('SIGHUP', hangUp);
    for (const signal of ASKS) process.off(signal, progress);
  };
}
