import { isatty } from 'node:tty';
import type { ReportOptions } from '../trace/features/tally/report.js';
import type { ToolDefinition } from '../trace/tool.js';
import type { RunOptions } from './flags/options.js';

const STDERR = 2;
/** Without output for longer than this, a user wonders. */
const SOON_MS = 2000;

/** When and where output appears, if not at once. */
function whatComes({ output, out, tree }: RunOptions, reports: ReportOptions | undefined): string | undefined {
  if (out !== undefined) return `writing to ${out}`;
  if (output === 'otlp') return 'exporting to the collector';
  if (tree !== undefined || (reports && reports.interval === undefined)) return 'output at the end';
  if (reports?.interval === undefined || reports.interval <= SOON_MS) return undefined;
  return `output every ${reports.interval / 1000} s`;
}

function whatEnds({ command, duration }: RunOptions): string {
  if (command.length > 0) return `stops when ${command[0]} ends, or with Ctrl-C`;
  return duration === undefined ? 'stop with Ctrl-C' : `stops after ${duration / 1000} s, or with Ctrl-C`;
}

/** The notice on a terminal for a run without immediate output: its purpose, and how to end it. */
export function quietNotice(
  { name, summary }: ToolDefinition,
  options: RunOptions,
  reports: ReportOptions | undefined,
): string | undefined {
  const comes = isatty(STDERR) ? whatComes(options, reports) : undefined;
  return comes && `${name}: ${summary.replace(/^trace /, 'tracing ')}; ${comes}; ${whatEnds(options)}`;
}
