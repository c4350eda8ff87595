import { readFileSync } from 'node:fs';
import { Recent } from './recent.js';
import { environmentContext, type SpanContext } from './trace-context.js';

/** Maximum number of remembered processes. */
const MOST = 4096;
/** Index of starttime in proc_pid_stat(5), after the name. */
const START_TIME = 19;

interface Known {
  readonly start: string | undefined;
  readonly context: SpanContext | undefined;
}

/** Trace contexts from processes' environments, each read once. */
export class EnvironmentContexts {
  readonly #known = new Recent<number, Known>(MOST);
  readonly #proc: string;

  constructor(proc = '/proc') {
    this.#proc = proc;
  }

  /** The context of a process; undefined if it has none, or ended before the first call. */
  contextOf(pid: number): SpanContext | undefined {
    const known = this.#known.get(pid);
    const start = this.#startOf(pid);
    // The context of an ended process remains valid.
    if (start === undefined || known?.start === start) return known?.context;
    const environment = `\0${this.#read(pid, 'environ') ?? ''}`;
    const context = environmentContext({
      TRACEPARENT: variable(environment, 'TRACEPARENT'),
      TRACESTATE: variable(environment, 'TRACESTATE'),
    });
    this.#known.set(pid, { start, context });
    return context;
  }

  /** Time of creation, because a pid may be reused. */
  #startOf(pid: number): string | undefined {
    const stat = this.#read(pid, 'stat');
    // The command's name, in parentheses, may itself contain blanks and parentheses.
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME];
  }

  #read(pid: number, file: string): string | undefined {
    try {
      return readFileSync(`${this.#proc}/${pid}/${file}`, 'latin1');
    } catch {
      return undefined;
    }
  }
}

/** The first variable of that name, as in getenv(3). */
function variable(environment: string, name: string): string | undefined {
  const start = `\0${name}=`;
  const at = environment.indexOf(start);
  return at < 0 ? undefined : environment.slice(at + start.length).split('\0', 1)[0];
}
