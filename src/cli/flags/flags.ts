import { TIME_STYLES } from '../../events/time-style.js';
import { OUTPUTS } from '../../output/format.js';
import { type FeatureOwner, featureFlags } from '../../trace/features/of-tool.js';
import { asGiven, choice, type FlagTable, text, toggle } from '../../trace/flags/flag.js';
import { flagOf } from '../../trace/flags/kinds.js';
import { RUN_FLAGS } from '../../trace/flags/run-flags.js';
import type { ToolDefinition } from '../../trace/tool.js';
import { parseFileSize, parseInteger } from '../../trace/values.js';
import { OTLP_FLAGS } from './otlp-flags.js';

/** Renaming more files would take too long. */
const MOST_KEPT = 1000;

/** The flags of a run at a terminal, which every tool has beside those of src/trace. */
export const CLI_FLAGS = {
  output: choice(OUTPUTS, { char: 'o', group: 'OUTPUT', summary: 'output format', default: 'table' }),
  json: toggle({ group: 'OUTPUT', summary: 'shorthand for --output json' }),
  time: choice(TIME_STYLES, {
    char: 'T',
    value: '[=HOW]',
    group: 'OUTPUT',
    summary: `show a time column: ${TIME_STYLES.join(', ')} (seconds since the previous event); --time alone means local`,
  }),
  out: text({
    value: 'FILE',
    group: 'OUTPUT',
    summary:
      'append events to FILE, created with mode 0600 if missing; SIGHUP reopens it; a traced COMMAND then keeps its own stdout',
    parse: asGiven,
  }),
  truncate: toggle({ group: 'OUTPUT', summary: 'with --out: truncate FILE first' }),
  rotate: text({
    value: 'SIZE',
    group: 'OUTPUT',
    summary:
      'with --out: rename FILE to FILE.1, FILE.1 to FILE.2 and so on before FILE would exceed SIZE, such as 100M',
    parse: parseFileSize,
  }),
  keep: text({
    value: 'COUNT',
    group: 'OUTPUT',
    summary: 'with --rotate: number of rotated files to keep (default: 10)',
    parse: (flag, count) => parseInteger(flag, count, 1, MOST_KEPT),
  }),
  color: toggle({ group: 'OUTPUT', summary: 'color output on a terminal, unless NO_COLOR is set', isOn: true }),
  'fail-on-lost': toggle({ group: 'RUN', summary: 'exit with status 3 if any event was lost' }),
  verbose: toggle({
    char: 'v',
    group: 'RUN',
    summary: "show the hooks in use, libbpf's log and the full verifier log",
  }),
};

/** The flags that every tool has, whatever its features. */
const COMMON: FlagTable = { ...RUN_FLAGS, ...CLI_FLAGS, ...OTLP_FLAGS };

/** The flags that several tools have. */
export function sharedFlags(tool: FeatureOwner): FlagTable {
  const { flags, cliFlags } = featureFlags(tool);
  return { ...COMMON, ...flags, ...cliFlags };
}

/** All flags of a tool, its own first. */
export function toolFlags(tool: ToolDefinition): FlagTable {
  const own = Object.entries(tool.flags ?? {}).map(([name, flag]) => [name, flagOf(flag)] as const);
  return { ...Object.fromEntries(own), ...sharedFlags(tool) };
}
