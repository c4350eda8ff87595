import { Chalk } from 'chalk';
import Table from 'cli-table3';
import type { ToolDefinition } from '../../trace/tool.js';
import { isTerminal, terminalWidth, usesColor } from '../terminal.js';
import { writeText } from '../write-text.js';
import { type Check, checkSystem } from './system.js';
import { checkTools, type ToolCheck } from './tools.js';

/** The report of `snoopkit doctor`. */
export interface Report {
  readonly system: readonly Check[];
  readonly tools: readonly ToolCheck[];
}

/** Two columns of fixed width; the text takes the rest. */
const NAME = 17;
const STATE = 9;
const LEAST_TEXT = 20;
/** Width without a terminal, and the largest that is comfortable to read. */
const USUAL = 80;
const MOST = 100;

/** The width of the text column, from that of the terminal, within these limits. */
function textWidth(): number {
  const width = isTerminal() ? Math.min(terminalWidth() || USUAL, MOST) : USUAL;
  return Math.max(width - NAME - STATE, LEAST_TEXT);
}

const NO_BORDERS = Object.fromEntries(
  ['top', 'bottom', 'left', 'right'].flatMap((side) =>
    ['', '-mid', '-left', '-right'].map((part) => [`${side}${part}`, '']),
  ),
);

type Row = readonly [name: string, state: string, text: string];

/** The result, and the remedy in the lines below it. */
const systemRow = ({ name, state, found, remedy }: Check): Row => [
  name,
  state,
  remedy === undefined ? found : `${found}\n-> ${remedy}`,
];

function toolText({ hooks, remarks, reason }: ToolCheck): string {
  const seen = Object.entries(hooks).map(([point, kinds]) => `${point}: ${kinds.join(', ')}`);
  return [...(reason === undefined ? [seen.join('; ')] : [reason]), ...remarks].join('\n');
}

/** Tools that fail for the same reason share a row. */
function toolRows(checks: readonly ToolCheck[]): Row[] {
  const rows = new Map<string, { names: string[]; state: string; text: string }>();
  for (const check of checks) {
    const [{ tool, state }, text] = [check, toolText(check)];
    const key = check.reason ?? tool;
    const known = rows.get(key);
    if (known) known.names.push(tool);
    else rows.set(key, { names: [tool], state, text });
  }
  return [...rows.values()].map(({ names, state, text }) => [names.join('\n'), state, text]);
}

/** A table with wrapped text. */
function table(title: string, rows: readonly Row[], isColored: boolean): string {
  const style = new Chalk({ level: isColored ? 1 : 0 });
  const colors: Record<string, (text: string) => string> = {
    ok: style.green,
    works: style.green,
    reduced: style.yellow,
    unknown: style.yellow,
    missing: style.red,
    fails: style.red,
  };
  const drawn = new Table({
    chars: { ...NO_BORDERS, mid: '', 'mid-mid': '', 'left-mid': '', 'right-mid': '', middle: '' },
    colWidths: [NAME, STATE, textWidth()],
    wordWrap: true,
    style: { 'padding-left': 0, 'padding-right': 1, head: [], border: [] },
  });
  drawn.push([title, 'STATE', ''].map((head) => style.bold(head)));
  for (const [name, state, text] of rows) drawn.push([name, (colors[state] ?? String)(state), text]);
  return drawn
    .toString()
    .split('\n')
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function text({ system, tools }: Report): string {
  const isColored = usesColor(true);
  return `${table('CHECK', system.map(systemRow), isColored)}\n${table('TOOL', toolRows(tools), isColored)}`;
}

/** Checks what works here and prints it. Returns the exit status: 1 if a tool in `asked` can't run. */
export async function runDoctor(
  tools: readonly ToolDefinition[],
  asked: readonly string[],
  { output, btf }: { readonly output: 'table' | 'json'; readonly btf: string | undefined },
): Promise<number> {
  const report: Report = { system: checkSystem(), tools: await checkTools(tools, btf) };
  await writeText(output === 'json' ? `${JSON.stringify(report)}\n` : text(report));
  const isUseless = report.tools.some(
    ({ tool, state }) => asked.includes(tool) && (state === 'fails' || state === 'unknown'),
  );
  return isUseless ? 1 : 0;
}
