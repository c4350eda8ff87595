import type { Condition } from './options.js';
import { type Comparison, isLossy, type Results, type Row } from './results.js';
import { count, nameOf, short } from './units.js';

interface Panel {
  readonly title: string;
  readonly text: (value: number) => string;
  of(row: Row): number | undefined;
}

const WIDTH = 720;
const LABEL = 178;
/** Room for the text after the longest bar. */
const VALUE = 96;
const BAR = 12;
const GAP = 10;
const TITLE = 34;

/** Readable on white and on black, also in a viewer without color schemes. */
const STYLE = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #768390 }
  .title { font-size: 14px; font-weight: 600; fill: #768390 }
  .ours { fill: #2f81f7 } .peer { fill: #8b949e } .busy { opacity: .5 }
  .axis { stroke: #8b949e; stroke-opacity: .5 }
  @media (prefers-color-scheme: light) { text { fill: #57606a } .title { fill: #24292f } }
  @media (prefers-color-scheme: dark) { text { fill: #9ea7b3 } .title { fill: #d0d7de } }`;

const escaped = (text: string) => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);

const text = (x: number, y: number, content: string, attributes = '') =>
  `<text x="${x}" y="${y}"${attributes && ` ${attributes}`}>${escaped(content)}</text>`;

function panelsOf({ operation, untracedUs }: Comparison): Panel[] {
  return [
    { title: 'Events lost, %', text: short, of: ({ figures }) => figures?.lostPercent.median },
    {
      title: `CPU time added to each ${operation}, µs (an untraced ${operation}: ${short(untracedUs.median)})`,
      text: short,
      of: ({ figures }) => figures?.addedUs.median,
    },
    { title: 'CPU time of the tracer per event, µs', text: short, of: ({ figures }) => figures?.cpuPerEventUs.median },
    { title: 'Start to first event, ms', text: count, of: ({ figures }) => figures?.firstEventMs.median },
  ];
}

interface Bar {
  readonly row: Row;
  readonly condition: Condition;
}

function bar({ row, condition }: Bar, panel: Panel, most: number, y: number): string {
  const value = panel.of(row);
  if (value === undefined) return text(LABEL, y + BAR - 2, 'failed');
  const width = most <= 0 ? 0 : (Math.max(0, value) / most) * (WIDTH - LABEL - VALUE);
  const kind = `${row.program === 'snoopkit' ? 'ours' : 'peer'} ${condition}`;
  const shown = `${panel.text(value)}${isLossy(row) ? ' *' : ''}`;
  // The bar of a zero value is visible, too.
  return [
    `<rect class="${kind}" x="${LABEL}" y="${y}" width="${Math.max(1, width).toFixed(1)}" height="${BAR}" rx="2"/>`,
    text(LABEL + Math.max(1, width) + 6, y + BAR - 2, shown),
  ].join('\n');
}

/** Draws the panel. Returns its height, too. */
function draw(panel: Panel, comparisons: readonly Comparison[], top: number): { svg: string; height: number } {
  const names = [...new Set(comparisons.flatMap(({ rows }) => rows.map(nameOf)))];
  const bars = (name: string): Bar[] =>
    comparisons.flatMap(({ rows, condition }) =>
      rows.filter((row) => nameOf(row) === name).map((row) => ({ row, condition })),
    );
  const most = Math.max(...comparisons.flatMap(({ rows }) => rows.map((row) => panel.of(row) ?? 0)));
  const parts = [text(0, top + 18, panel.title, 'class="title"')];
  let y = top + TITLE - 4;
  for (const name of names) {
    const own = bars(name);
    const height = own.length * (BAR + 2);
    parts.push(text(LABEL - 8, y + height / 2 + 3, name, 'text-anchor="end"'));
    own.forEach((each, i) => {
      parts.push(bar(each, panel, most, y + i * (BAR + 2)));
    });
    y += height + GAP;
  }
  parts.push(`<line class="axis" x1="${LABEL}" x2="${LABEL}" y1="${top + TITLE - 8}" y2="${y - GAP + 4}"/>`);
  return { svg: parts.join('\n'), height: y - top };
}

/** Meaning of the colors, and origin of the figures. */
function legend(results: Results, shown: readonly Comparison[], top: number): { svg: string; height: number } {
  const { machine, date } = results;
  const parts: string[] = [];
  const swatches: [string, string][] = shown.map(({ condition }) => [
    condition,
    condition === 'idle' ? 'nothing else runs' : 'all cores busy with another program',
  ]);
  swatches.forEach(([kind, meaning], i) => {
    const x = i * 150;
    parts.push(`<rect class="ours ${kind}" x="${x}" y="${top + 8}" width="12" height="${BAR}" rx="2"/>`);
    parts.push(text(x + 18, top + 18, meaning));
  });
  const lossy = shown.some(({ rows }) => rows.some(isLossy));
  if (lossy) parts.push(text(0, top + 38, '* lost more than 1 % of the events: its cost is for less work'));
  const first = shown[0];
  const facts = `${count(first?.operations ?? 0)} operations, medians of ${results.rounds}; ${machine.cores} cores, kernel ${machine.kernel}, ${date.slice(0, 10)}`;
  parts.push(text(0, top + (lossy ? 56 : 38), facts));
  return { svg: parts.join('\n'), height: lossy ? 64 : 46 };
}

/** An SVG chart of a subject, for the README. Throws RangeError if there are no results for it. */
export function chartOf(results: Results, subject: string): string {
  const shown = results.comparisons.filter((comparison) => comparison.subject === subject);
  const first = shown[0];
  if (!first) throw new RangeError(`there are no results of ${subject}`);
  const parts: string[] = [];
  let height = 0;
  for (const panel of panelsOf(first)) {
    const drawn = draw(panel, shown, height);
    parts.push(drawn.svg);
    height += drawn.height;
  }
  const below = legend(results, shown, height);
  parts.push(below.svg);
  height += below.height;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<title>${escaped(`${subject} of snoopkit, libbpf-tools and bpftrace on the same load`)}</title>
<style>${STYLE}
</style>
${parts.join('\n')}
</svg>
`;
}
