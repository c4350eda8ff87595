import { UsageError } from '../../errors.js';
import { checkCombinations, type OtlpFlagValues } from '../../otlp/settings/flag-values.js';
import { type Flag, type GivenFlags, parseFlags } from '../../trace/flags/flag.js';
import { flagLabel } from './label.js';
import { OTLP_FLAGS } from './otlp-flags.js';

/** Throws UsageError for OTLP flags without --otlp or --output otlp. */
export function refuseOtlpFlags(given: GivenFlags): void {
  const name = Object.keys(given).find((key) => key !== 'otlp' && key in OTLP_FLAGS && given[key] !== undefined);
  if (name !== undefined) throw new UsageError(`--${name} needs --output otlp or --otlp`);
}

/** The flags by the options of the exporter that they set. */
const OPTIONS = Object.entries<Flag & { readonly option?: keyof OtlpFlagValues }>(OTLP_FLAGS).flatMap(
  ([name, { option }]) => (option === undefined ? [] : [[option, name] as const]),
);

/** Checks and converts the flags. Throws a one-line UsageError for the first invalid one. */
export function parseOtlpFlags(given: GivenFlags): OtlpFlagValues {
  const values: Readonly<Record<string, unknown>> = parseFlags(OTLP_FLAGS, given, flagLabel);
  const options: OtlpFlagValues = {
    // Flags, as messages of the exporter name them.
    names: Object.fromEntries(OPTIONS.map(([option, name]) => [option, flagLabel(name)])),
    // Each entry's value has the type of the option that it sets.
    ...Object.fromEntries(OPTIONS.map(([option, name]) => [option, values[name]])),
  };
  checkCombinations(options);
  return options;
}
