import { isatty } from 'node:tty';
import type { RunOptions } from './options.js';
import type { ReportOptions } from './report-options.js';
import type { ToolDefinition } from './tool.js';

const STDERR = 2;
/** Who sees nothing for longer wonders. */
const SOON_MS = 2000;

/** When something is shown, and where, if not at once. */
function whatComes({ output, out, tree }: RunOptions, reports: ReportOptions | undefined): string | undefined {
  if (out !== undefined) return `what it finds goes to ${out}`;
  if (output === 'otlp') return 'what it finds goes to the collector';
  if (tree !== undefined || (reports && reports.interval === undefined)) return 'what it finds is shown at the end';
  if (reports?.interval === undefined || reports.interval <= SOON_MS) return undefined;
  return `what it finds is shown each ${reports.interval / 1000} s`;
}

function whatEnds({ command, duration }: RunOptions): string {
  if (command.length > 0) return `it ends with ${command[0]}, or by Ctrl-C`;
  return duration === undefined ? 'Ctrl-C ends it' : `it ends after ${duration / 1000} s, or by Ctrl-C`;
}

/** What a person at a terminal is told of a run that shows nothing at first: what it traces, and how it ends. */
export function quietNotice(
  { name, summary }: ToolDefinition,
  options: RunOptions,
  reports: ReportOptions | undefined,
): string | undefined {
  const comes = isatty(STDERR) ? whatComes(options, reports) : undefined;
  return comes && `${name} traces: ${summary.replace(/^trace /, '')}; ${comes}; ${whatEnds(options)}`;
}
