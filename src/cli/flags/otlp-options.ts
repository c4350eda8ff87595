import { UsageError } from '../../errors.js';
import type {
  ArgsStyle,
  HistogramStyle,
  OtlpFlagValues,
  Temporality,
  TextAttribute,
} from '../../otlp/settings/flag-values.js';
import { parseHeaders } from '../../otlp/settings/headers.js';
import { parseResource } from '../../otlp/settings/resource-variables.js';
import type { Protocol } from '../../otlp/types.js';
import { bytesOf, parseDuration, parseInteger } from '../../trace/values.js';

/** Values of the flags of src/cli/flags/otlp-flags.ts from the command line. */
export interface OtlpFlagTexts {
  'otlp-endpoint'?: string;
  'otlp-protocol'?: Protocol;
  'otlp-headers'?: string[];
  'otlp-compression'?: 'gzip' | 'none';
  'otlp-timeout'?: string;
  'otlp-retry-max'?: string;
  'otlp-insecure'?: boolean;
  'otlp-ca'?: string;
  'otlp-cert'?: string;
  'otlp-key'?: string;
  'otlp-args'?: ArgsStyle;
  'otlp-body'?: boolean;
  'otlp-spool'?: string;
  'spool-max'?: string;
  'otlp-resource'?: string[];
  'otlp-resource-per-container'?: boolean;
  'otlp-spans'?: boolean;
  'trace-root'?: boolean;
  'otlp-histograms'?: HistogramStyle;
  'otlp-temporality'?: Temporality;
  'otlp-batch'?: string;
  'otlp-queue'?: string;
  'otlp-delay'?: string;
}

const SMALLEST_SPOOL = 1 << 20;

function parseSpoolMax(flag: string, text: string): number {
  const bytes = bytesOf(text) ?? 0;
  if (!(bytes >= SMALLEST_SPOOL && Number.isSafeInteger(bytes)))
    throw new UsageError(`${flag} ${text}: expected a size of at least 1M, such as 256M`);
  return bytes;
}

const parseTimeout = (flag: string, text: string) =>
  /^0(ms|s|m|h)?$/.test(text) ? Number.POSITIVE_INFINITY : parseDuration(flag, text);

const parseCount = (flag: string, text: string) => parseInteger(flag, text, 1, 2 ** 31 - 1);

/** A non-empty text; further checks need the other settings. */
function parseText(flag: string, text: string): string {
  if (text.trim() === '') throw new UsageError(`${flag}: the value is empty`);
  return text.trim();
}

/** Headers may be secret: errors do not show them. */
function parseHeaderFlags(flag: string, texts: readonly string[]): ReadonlyMap<string, string> {
  const { headers, mistakes } = parseHeaders(texts.join(','));
  if (mistakes.length > 0) throw new UsageError(`${flag}: ${mistakes[0]}; expected NAME=VALUE,NAME=VALUE`);
  return headers;
}

function parseResourceFlags(flag: string, texts: readonly string[]): TextAttribute[] {
  try {
    return parseResource(texts.join(','));
  } catch (cause) {
    throw new UsageError(`${flag}: ${(cause as Error).message}`, { cause });
  }
}

/** Throws UsageError for OTLP flags without --otlp or --output otlp. */
export function refuseOtlpFlags(given: Readonly<Record<string, unknown>>): void {
  const name = Object.keys(given).find(
    (key) => /^(otlp-|spool-max$|trace-root$)/.test(key) && given[key] !== undefined,
  );
  if (name !== undefined) throw new UsageError(`--${name} needs --output otlp or --otlp`);
}

/** undefined for a flag that is not given, so that the environment applies. */
const parsed = <T, V>(flag: string, value: T | undefined, parse: (flag: string, value: T) => V): V | undefined =>
  value === undefined ? undefined : parse(flag, value);

/** Flags by the options that messages of the exporter are about. */
const NAMES = {
  endpoint: '--otlp-endpoint',
  ca: '--otlp-ca',
  cert: '--otlp-cert',
  key: '--otlp-key',
  hasSpans: '--otlp-spans',
  maxBatch: '--otlp-batch',
  maxQueue: '--otlp-queue',
} as const satisfies Partial<Record<keyof OtlpFlagValues, string>>;

/** Checks and converts the flags. Throws a one-line UsageError for the first invalid one. */
export function parseOtlpFlags(flags: OtlpFlagTexts): OtlpFlagValues {
  if (flags['spool-max'] !== undefined && flags['otlp-spool'] === undefined)
    throw new UsageError('--spool-max needs --otlp-spool');
  if (flags['trace-root'] && !flags['otlp-spans']) throw new UsageError('--trace-root needs --otlp-spans');
  return {
    names: NAMES,
    endpoint: parsed('--otlp-endpoint', flags['otlp-endpoint'], parseText),
    protocol: flags['otlp-protocol'],
    headers: parsed('--otlp-headers', flags['otlp-headers'], parseHeaderFlags),
    isCompressed: parsed('--otlp-compression', flags['otlp-compression'], (_flag, name) => name === 'gzip'),
    timeout: parsed('--otlp-timeout', flags['otlp-timeout'], parseTimeout),
    longestWait: parsed('--otlp-retry-max', flags['otlp-retry-max'], parseDuration),
    isInsecure: flags['otlp-insecure'],
    ca: parsed('--otlp-ca', flags['otlp-ca'], parseText),
    cert: parsed('--otlp-cert', flags['otlp-cert'], parseText),
    key: parsed('--otlp-key', flags['otlp-key'], parseText),
    args: flags['otlp-args'],
    hasBody: flags['otlp-body'],
    spool: parsed('--otlp-spool', flags['otlp-spool'], parseText),
    spoolMax: parsed('--spool-max', flags['spool-max'], parseSpoolMax),
    resource: parsed('--otlp-resource', flags['otlp-resource'], parseResourceFlags),
    isPerContainer: flags['otlp-resource-per-container'],
    hasSpans: flags['otlp-spans'],
    hasTraceRoot: flags['trace-root'],
    histograms: flags['otlp-histograms'],
    temporality: flags['otlp-temporality'],
    maxBatch: parsed('--otlp-batch', flags['otlp-batch'], parseCount),
    maxQueue: parsed('--otlp-queue', flags['otlp-queue'], parseCount),
    delay: parsed('--otlp-delay', flags['otlp-delay'], parseDuration),
  };
}
