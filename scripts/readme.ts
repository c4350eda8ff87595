import type { Named } from './commands.js';
import { fillSection } from './section.js';

const BEGIN = '<!-- The table is made by make generate. -->';
const END = '<!-- end of the table -->';

/** The README with the current table of commands, tools first. */
export function withCommands(readme: string, commands: readonly Named[]): string {
  const sorted = [...commands.filter(({ tool }) => tool), ...commands.filter(({ tool }) => !tool)];
  const rows = sorted.map(({ name, command }) => `| \`snoopkit ${name}\` | ${command.summary} |`);
  const table = ['| command | what it does |', '|---|---|', ...rows].join('\n');
  return fillSection(readme, BEGIN, END, `\n${table}\n`);
}
