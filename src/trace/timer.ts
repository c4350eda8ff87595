/** The longest delay of setTimeout(), about 596 hours. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls back after any number of milliseconds; the result cancels it. */
export function after(ms: number, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const due = performance.now() + ms;
  const wait = () => {
    const left = due - performance.now();
    timer = left > LONGEST_TIMER_MS ? setTimeout(wait, LONGEST_TIMER_MS) : setTimeout(callback, Math.max(0, left));
  };
  wait();
  return () => clearTimeout(timer);
}
