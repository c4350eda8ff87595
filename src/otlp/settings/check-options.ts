/** Checks of the options that a program gives to the exporter. Those of the command line come from parsed flags. */
import { type Check, checkEach, expect, flag, integer, isObject, isText, text } from '../../check-options.js';
import { PROTOCOLS } from '../types.js';
import { LARGEST } from './environment.js';
import {
  ARGS_STYLES,
  checkCombinations,
  HISTOGRAM_STYLES,
  type OtlpFlagValues,
  optionName,
  SMALLEST_SPOOL,
  TEMPORALITIES,
} from './flag-values.js';
import { mistakeIn } from './headers.js';

const oneOf = (words: readonly string[]) =>
  expect((value) => words.some((word) => word === value), `one of ${words.join(', ')}`);
const isTime = (value: unknown) => typeof value === 'number' && value > 0 && value <= LARGEST;
const TIME = `milliseconds, more than 0 and at most ${LARGEST}`;
const time = expect(isTime, TIME);
const count = integer(1, LARGEST);

const headers: Check = (value) => {
  if (!(value instanceof Map)) return 'expected a Map of texts by name';
  const mistakes = [...value].map(([name, content], i) => {
    if (!isText(name) || !isText(content)) return `pair ${i + 1} is not of texts`;
    if (name !== name.toLowerCase()) return `pair ${i + 1} has a name that is not in lower case`;
    const mistake = mistakeIn(name, content);
    return mistake && `pair ${i + 1} ${mistake}`;
  });
  return mistakes.find((mistake) => mistake !== undefined);
};

const isAttribute = (value: unknown) => {
  const { key, value: content } = Object(value);
  return isText(key) && key !== '' && isText(content);
};

const CHECKS: { readonly [Option in keyof Required<OtlpFlagValues>]: Check } = {
  names: expect((value) => isObject(value) && Object.values(value).every(isText), 'texts by option'),
  endpoint: text,
  protocol: oneOf(PROTOCOLS),
  headers,
  isCompressed: flag,
  timeout: expect((value) => value === Number.POSITIVE_INFINITY || isTime(value), `${TIME}, or Infinity`),
  longestWait: time,
  isInsecure: flag,
  ca: text,
  cert: text,
  key: text,
  args: oneOf(ARGS_STYLES),
  hasBody: flag,
  spool: text,
  spoolMax: integer(SMALLEST_SPOOL, Number.MAX_SAFE_INTEGER),
  resource: expect((value) => Array.isArray(value) && value.every(isAttribute), 'a list of { key, value }, both texts'),
  isPerContainer: flag,
  hasSpans: flag,
  hasTraceRoot: flag,
  histograms: oneOf(HISTOGRAM_STYLES),
  temporality: oneOf(TEMPORALITIES),
  maxBatch: count,
  maxQueue: count,
  delay: time,
};

/** Throws UsageError for an unknown or invalid option. */
export function checkOptions(options: OtlpFlagValues): void {
  checkEach('otlp', options, CHECKS, (option) => optionName(options, option));
  checkCombinations(options);
}
