import { readFileSync } from 'node:fs';
import { Recent } from './recent.js';
import { environmentContext, type SpanContext } from './trace-context.js';

/** Of so many processes it is remembered. */
const MOST = 4096;
/** starttime of proc_pid_stat(5), counted from behind the name. */
const START_TIME = 19;

interface Known {
  readonly start: string | undefined;
  readonly context: SpanContext | undefined;
}

/** The trace contexts that processes carry in their environments, which are read once. */
export class EnvironmentContexts {
  readonly #known = new Recent<number, Known>(MOST);
  readonly #proc: string;

  constructor(proc = '/proc') {
    this.#proc = proc;
  }

  /** Undefined where there is none, and for a process that was gone before it was asked for. */
  contextOf(pid: number): SpanContext | undefined {
    const known = this.#known.get(pid);
    const start = this.#startOf(pid);
    // What is known of one that has ended holds on.
    if (start === undefined || known?.start === start) return known?.context;
    const environment = `\0${this.#read(pid, 'environ') ?? ''}`;
    const context = environmentContext({
      TRACEPARENT: variable(environment, 'TRACEPARENT'),
      TRACESTATE: variable(environment, 'TRACESTATE'),
    });
    this.#known.set(pid, { start, context });
    return context;
  }

  /** When it was created: a pid may be used again. */
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

/** The first of that name, as getenv(3) has it. */
function variable(environment: string, name: string): string | undefined {
  const start = `\0${name}=`;
  const at = environment.indexOf(start);
  return at < 0 ? undefined : environment.slice(at + start.length).split('\0', 1)[0];
}
