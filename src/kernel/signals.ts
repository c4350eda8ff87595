import { constants } from 'node:os';

/** The first signal for programs' own use (include/uapi/asm-generic/signal.h); the C library keeps two of them. */
const REALTIME = 32;
const LAST = 64;

/** What os.constants calls by two names: the usual one. */
const USUAL: Record<number, string> = { 6: 'SIGABRT', 29: 'SIGIO' };

const names = new Map<number, string>();
for (const [name, number] of Object.entries(constants.signals)) names.set(number, USUAL[number] ?? name);

/** The name of a signal, as signal(7) has it; the number where it has none. */
export function signalName(number: number): string {
  if (number >= REALTIME && number <= LAST) return number === REALTIME ? 'SIGRTMIN' : `SIGRTMIN+${number - REALTIME}`;
  return names.get(number) ?? String(number);
}
