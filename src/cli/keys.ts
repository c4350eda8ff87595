/** Keys that end what is shown in one place on a terminal. */
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';

const STDIN = 0;

/** The keys that a terminal makes a signal of, unless it hands on each as it is pressed. */
const SIGNALS: Readonly<Record<string, NodeJS.Signals>> = {
  '\x03': 'SIGINT',
  '\x1a': 'SIGTSTP',
  '\x1c': 'SIGQUIT',
};

/** Whether the terminal is ours to set: for a job in the background to do so would stop it. */
function isForeground(): boolean {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return group === foreground;
}

/** Calls back when q is pressed, until it is closed by what it returns. Where nobody can press a key it does nothing. */
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
      // As the terminal would: to all that were started with us, and with the terminal as it was.
      setRaw(false);
      process.kill(0, signal);
    }
  };
  // The terminal is gone: that is told by a signal.
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
