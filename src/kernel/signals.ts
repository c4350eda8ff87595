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

/** The number of a signal: `KILL`, `SIGKILL`, `9`, `RTMIN+8` or `RTMAX-1`; undefined for what is none. */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= LAST ? number : undefined;
  }
  const name = text.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  const [, base, offset = '0'] = /^SIG(RTMIN(?=$|\+)|RTMAX(?=$|-))(?:[+-](\d+))?$/.exec(name) ?? [];
  if (base === undefined) return constants.signals[name as NodeJS.Signals];
  const number = base === 'RTMIN' ? REALTIME + Number(offset) : LAST - Number(offset);
  return number >= REALTIME && number <= LAST ? number : undefined;
}

/** Codes with the same meaning for all signals (include/uapi/asm-generic/siginfo.h). */
const COMMON_CODES: Record<number, string> = {
  0: 'SI_USER',
  128: 'SI_KERNEL',
  [-1]: 'SI_QUEUE',
  [-2]: 'SI_TIMER',
  [-3]: 'SI_MESGQ',
  [-4]: 'SI_ASYNCIO',
  [-5]: 'SI_SIGIO',
  [-6]: 'SI_TKILL',
  [-7]: 'SI_DETHREAD',
  [-60]: 'SI_ASYNCNL',
};

/** Codes of one signal alone, from 1 on. */
const OWN_CODES: Record<string, string> = {
  SIGILL: 'ILL_ ILLOPC ILLOPN ILLADR ILLTRP PRVOPC PRVREG COPROC BADSTK BADIADDR',
  SIGFPE: 'FPE_ INTDIV INTOVF FLTDIV FLTOVF FLTUND FLTRES FLTINV FLTSUB 9 10 11 12 13 FLTUNK CONDTRAP',
  SIGSEGV: 'SEGV_ MAPERR ACCERR BNDERR PKUERR ACCADI ADIDERR ADIPERR MTEAERR MTESERR CPERR',
  SIGBUS: 'BUS_ ADRALN ADRERR OBJERR MCEERR_AR MCEERR_AO',
  SIGTRAP: 'TRAP_ BRKPT TRACE BRANCH HWBKPT UNK PERF',
  SIGCHLD: 'CLD_ EXITED KILLED DUMPED TRAPPED STOPPED CONTINUED',
  SIGIO: 'POLL_ IN OUT MSG ERR PRI HUP',
  SIGSYS: 'SYS_ SECCOMP USER_DISPATCH',
};

/** The name of the si_code that comes with a signal, as sigaction(2) has it; the number where it has none. */
export function signalCodeName(signal: number, code: number): string {
  const [prefix, ...own] = OWN_CODES[signalName(signal)]?.split(' ') ?? [];
  const name = own[code - 1];
  if (name !== undefined && !/^\d/.test(name)) return prefix + name;
  return COMMON_CODES[code] ?? String(code);
}
