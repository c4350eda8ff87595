import { asGiven, text, toggle } from '../../flags/flag.js';
import { RUN_FLAGS } from '../../flags/run-flags.js';
import { parseDuration, parseInteger } from '../../values.js';
import { defineFeature, type FlagOwner } from '../feature.js';

/** The flags, with a condition in front of each summary. */
const flagsWhen = (when: string) => ({
  sort: text({
    group: 'OUTPUT',
    value: 'COLUMN',
    summary: `${when}sort rows by this column: numbers descending, text alphabetically`,
    parse: asGiven,
  }),
  rows: text({
    group: 'OUTPUT',
    value: 'COUNT',
    summary: `${when}show at most COUNT rows per report`,
    parse: (flag, count) => parseInteger(flag, count, 1),
  }),
  interval: text({
    group: 'RUN',
    char: 'i',
    value: 'TIME',
    summary: `${when}report at this interval, then reset the counts (default: one report, at the end)`,
    parse: (flag, time) => parseDuration(flag, time),
  }),
  once: toggle({ group: 'RUN', summary: `${when}stop after the first report` }),
});

const cliFlagsWhen = (when: string) => ({
  by: text({
    group: 'OTLP',
    value: 'COLUMNS',
    summary: `${when}columns that become metric attributes, comma-separated (default: all but pids, addresses and ports)`,
    parse: (_flag, columns) => columns.split(',').map((name) => name.trim()),
  }),
});

/** Flags as they apply to one tool. */
function flagsOf({ tally: { flag, interval } = {} }: FlagOwner) {
  const when = flag === undefined ? '' : `with --${flag}: `;
  const flags = flagsWhen(when);
  const usual = { ...flags.interval, summary: `${when}report at this interval, then reset the counts` };
  return {
    ...flags,
    ...(interval !== undefined && { interval: { ...usual, default: interval } }),
    ...cliFlagsWhen(when),
    'max-events': {
      ...RUN_FLAGS['max-events'],
      summary: flag === undefined ? 'stop after COUNT reports' : `stop after COUNT events; ${when}COUNT reports`,
    },
  };
}

/** Aggregates in the kernel, in place of events. A tool has it with its `tally`. */
export const feature = defineFeature({
  manual: {
    title: 'AGGREGATES',
    text: 'The page of a tool names the option that it needs for aggregates, if any. With aggregates, --max-events counts reports.',
  },
  flags: flagsWhen(''),
  cliFlags: cliFlagsWhen(''),
  flagsOf,
});
