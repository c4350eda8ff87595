import { ignoresHangups } from './inheritance.js';

const ENDS = ['SIGINT', 'SIGTERM'] as const;
const ASKS = ['SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const;

/** What signals ask of a run. */
export interface SignalActions {
  /** To end in order: SIGINT, SIGTERM, and SIGHUP unless it was ignored from the start, as nohup(1) has it. */
  readonly end: (signal?: NodeJS.Signals) => void;
  /** On SIGHUP, to open the output anew. Returns false where there is nothing to be opened, and SIGHUP ends the run. */
  readonly reopen: () => boolean;
  /** To tell how far it is. Without that these would end a run at once; bin/snoopkit.cjs heeds them from its start on. */
  readonly progress: () => void;
}

/** Heeds them from here on; what it returns takes that back. */
export function heedSignals({ end, reopen, progress }: SignalActions): () => void {
  const hangUp = () => {
    if (reopen() || ignoresHangups()) return;
    // A second one ends it at once.
    process.off('SIGHUP', hangUp);
    end();
  };
  // The first one ends the run in order; after it the default is back, and a second one ends it at once.
  for (const signal of ENDS) process.once(signal, end);
  process.on('SIGHUP', hangUp);
  for (const signal of ASKS) process.on(signal, progress);
  return () => {
    for (const signal of ENDS) process.off(signal, end);
    process.off('SIGHUP', hangUp);
    for (const signal of ASKS) process.off(signal, progress);
  };
}
