import { Chalk } from 'chalk';
import Table from 'cli-table3';
import { type Check, checkSystem } from './doctor-system.js';
import { checkTool, type ToolCheck } from './doctor-tools.js';
import { isTerminal, terminalWidth, usesColor } from './terminal.js';
import type { ToolDefinition } from './tool.js';
import { writeText } from './write-text.js';

/** What this machine lets snoopkit do. */
export interface Report {
  readonly system: readonly Check[];
  readonly tools: readonly ToolCheck[];
}

/** Two columns as wide as what is in them, and the rest for the text. */
const NAME = 17;
const STATE = 9;
const LEAST_TEXT = 20;
/** Where there is no terminal, and what is read well at the most. */
const USUAL = 80;
const MOST = 100;

/** As wide as the terminal, as far as that can be read. */
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

/** What is found, and in the lines below it what to do about it. */
const systemRow = ({ name, state, found, remedy }: Check): Row => [
  name,
  state,
  remedy === undefined ? found : `${found}\n-> ${remedy}`,
];

function toolText({ hooks, remarks, reason }: ToolCheck): string {
  const seen = Object.entries(hooks).map(([point, kinds]) => `${point} by ${kinds.join(', ')}`);
  return [...(reason === undefined ? [seen.join('; ')] : [reason]), ...remarks].join('\n');
}

/** Tools of which the same is to be said share a row. */
function toolRows(checks: readonly ToolCheck[]): Row[] {
  const rows = new Map<string, { names: string[]; state: string; text: string }>();
  for (const check of checks) {
    const [{ tool, state }, text] = [check, toolText(check)];
    const known = rows.get(`${state} ${text}`);
    if (known) known.names.push(tool);
    else rows.set(`${state} ${text}`, { names: [tool], state, text });
  }
  return [...rows.values()].map(({ names, state, text }) => [names.join('\n'), state, text]);
}

/** A table with text wrapped. */
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

/** Finds out what works here and tells it. Returns the exit status: 1 when a tool of `asked` can't run. */
export async function runDoctor(
  tools: readonly ToolDefinition[],
  asked: readonly string[],
  { output, btf }: { readonly output: 'table' | 'json'; readonly btf: string | undefined },
): Promise<number> {
  const report: Report = { system: checkSystem(), tools: tools.map((tool) => checkTool(tool, btf)) };
  await writeText(output === 'json' ? `${JSON.stringify(report)}\n` : text(report));
  const isUseless = report.tools.some(
    ({ tool, state }) => asked.includes(tool) && (state === 'fails' || state === 'unknown'),
  );
  return isUseless ? 1 : 0;
}
