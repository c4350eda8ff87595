import type { Named } from './commands.js';

const BEGIN = '<!-- The table is made by make generate. -->';
const END = '<!-- end of the table -->';

/** The README with the table of the commands as they are, tools first. */
export function withCommands(readme: string, commands: readonly Named[]): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the README lacks ${BEGIN} or ${END}`);
  const sorted = [...commands.filter(({ tool }) => tool), ...commands.filter(({ tool }) => !tool)];
  const rows = sorted.map(({ name, command }) => `| \`snoopkit ${name}\` | ${command.summary} |`);
  const table = ['| command | what it does |', '|---|---|', ...rows].join('\n');
  return `${readme.slice(0, begin + BEGIN.length)}\n\n${table}\n\n${readme.slice(end)}`;
}
