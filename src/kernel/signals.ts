import { constants } from 'node:os';

/**
 * Real-time signals, numbered as in signal(7), bash and glibc: the kernel's first two are reserved for the C library
 * and have no names.
 */
const KERNEL_REALTIME = 32;
const RTMIN = 34;
const RTMAX = 64;
/** First signal that bash names relative to the last one. */
const NEAR_RTMAX = 50;

/** The usual name of signals that have two in os.constants. */
const USUAL: Record<number, string> = { 6: 'SIGABRT', 29: 'SIGIO' };

const names = new Map<number, string>();
for (const [name, number] of Object.entries(constants.signals)) names.set(number, USUAL[number] ?? name);

const counted = (base: string, sign: string, offset: number) => (offset === 0 ? base : `${base}${sign}${offset}`);

function realtimeName(number: number): string {
  if (number < RTMIN) return `SIG${number}`;
  return number < NEAR_RTMAX ? counted('SIGRTMIN', '+', number - RTMIN) : counted('SIGRTMAX', '-', RTMAX - number);
}

/** The name of a signal, as in signal(7) and bash's `kill -l`; the number if it has no name. */
export function signalName(number: number): string {
  if (number >= KERNEL_REALTIME && number <= RTMAX) return realtimeName(number);
  return names.get(number) ?? String(number);
}

/**
 * The number of a signal: `KILL`, `SIGKILL`, `9`, `RTMIN+8`, `RTMAX-1` or `SIG32`; undefined if there is no such
 * signal.
 */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= RTMAX ? number : undefined;
  }
  const name = text.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  const [, bare] = /^SIG(32|33)$/.exec(name) ?? [];
  if (bare !== undefined) return Number(bare);
  const [, base, offset = '0'] = /^SIG(RTMIN(?=$|\+)|RTMAX(?=$|-))(?:[+-](\d+))?$/.exec(name) ?? [];
  if (base === undefined) return constants.signals[name as NodeJS.Signals];
  const number = base === 'RTMIN' ? RTMIN + Number(offset) : RTMAX - Number(offset);
  return number >= RTMIN && number <= RTMAX ? number : undefined;
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

/** Codes specific to a signal, from 1 on. */
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

/** The name of a signal's si_code, as in sigaction(2); the number if it has no name. */
export function signalCodeName(signal: number, code: number): string {
  const [prefix, ...own] = OWN_CODES[signalName(signal)]?.split(' ') ?? [];
  const name = own[code - 1];
  if (name !== undefined && !/^\d/.test(name)) return prefix + name;
  return COMMON_CODES[code] ?? String(code);
}
