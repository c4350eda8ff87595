import * as Flags from '@oclif/core/flags';
import type { FlagInput } from '@oclif/core/interfaces';
import type { Tally } from '../../trace/features/tally/tally.js';
import { sharedFlags } from './flags.js';

/** Flags specific to tools with aggregates, or different there; parsed by src/trace/features/tally/report-options.ts. */
export function reportFlags({ flag, interval }: Tally): FlagInput {
  const when = flag === undefined ? '' : `with --${flag}: `;
  return {
    sort: Flags.string({
      helpValue: 'COLUMN',
      helpGroup: 'OUTPUT',
      summary: `${when}sort rows by this column: numbers descending, text alphabetically`,
    }),
    rows: Flags.string({
      helpValue: 'COUNT',
      helpGroup: 'OUTPUT',
      summary: `${when}show at most COUNT rows per report`,
    }),
    interval: Flags.string({
      char: 'i',
      helpValue: 'TIME',
      helpGroup: 'RUN',
      summary: `${when}report at this interval, then reset the counts${interval === undefined ? ' (default: one report, at the end)' : ''}`,
      ...(interval !== undefined && { default: interval }),
    }),
    by: Flags.string({
      helpValue: 'COLUMNS',
      helpGroup: 'OTLP',
      summary: `${when}columns that become metric attributes, comma-separated (default: all but pids, addresses and ports)`,
    }),
    once: Flags.boolean({ helpGroup: 'RUN', summary: `${when}stop after the first report` }),
    'max-events': {
      ...sharedFlags['max-events'],
      summary: flag === undefined ? 'stop after COUNT reports' : `stop after COUNT events; ${when}COUNT reports`,
    },
  };
}
