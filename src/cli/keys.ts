/** Keys that quit a full-screen display. */
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';

const STDIN = 0;

/** Keys that a terminal turns into signals, except in raw mode. */
const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = {
  '\x03': 'SIGINT',
  '\x1a': 'SIGTSTP',
  '\x1c': 'SIGQUIT',
};

/** Whether we may configure the terminal: a background job that does so is stopped. */
function isForeground(): boolean {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group === foreground;
}

/** Calls back when q is pressed, until the returned object is closed. Does nothing without a terminal. */
export function watchKeys(onQuit: () => void): () => void {
  if (!isatty(STDIN) || !isForeground()) return () => {};
  const { stdin } = process;
  const setRaw = (isRaw: boolean) => stdin.setRawMode(isRaw);
  const goOn = () => {
    if (isForeground()) setRaw(true);
  };
  const receive = (bytes: Buffer) => {
    for (const key of bytes.toString('latin1')) {
      if (key === 'q' || key === 'Q') onQuit();
      const signal = SIGNALS[key];
      if (signal === undefined) continue;
      // As the terminal would: to our process group, with the terminal restored.
      setRaw(false);
      process.kill(0, signal);
    }
  };
  // The terminal is gone: a signal reports that.
  const ignore = () => {};
  setRaw(true);
  stdin.on('data', receive).on('error', ignore);
  process.on('SIGCONT', goOn);
  return () => {
    process.off('SIGCONT', goOn);
    stdin.off('data', receive);
    stdin.pause();
    setRaw(false);
  };
}
