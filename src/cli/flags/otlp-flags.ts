import { UsageError } from '../../errors.js';
import { wrongValue } from '../../mistake.js';
import { LARGEST } from '../../otlp/settings/environment.js';
import {
  ARGS_STYLES,
  COMPRESSIONS,
  HISTOGRAM_STYLES,
  type OtlpFlagValues,
  SMALLEST_SPOOL,
  TEMPORALITIES,
  type TextAttribute,
} from '../../otlp/settings/flag-values.js';
import { parseHeaders } from '../../otlp/settings/headers.js';
import { parseResource } from '../../otlp/settings/resource-variables.js';
import { variablesOf } from '../../otlp/settings/variables.js';
import { PROTOCOLS } from '../../otlp/types.js';
import { choice, type Flag, list, text, toggle } from '../../trace/flags/flag.js';
import { bytesOf, parseDuration, parseInteger } from '../../trace/values.js';

function parseSpoolMax(flag: string, text: string): number {
  const bytes = bytesOf(text) ?? 0;
  if (!(bytes >= SMALLEST_SPOOL && Number.isSafeInteger(bytes)))
    throw wrongValue(flag, text, 'expected a size of at least 1M, such as 256M');
  return bytes;
}

const parseTimeout = (flag: string, text: string) =>
  /^0(ms|s|m|h)?$/.test(text) ? Number.POSITIVE_INFINITY : parseDuration(flag, text);

const parseCount = (flag: string, text: string) => parseInteger(flag, text, 1, LARGEST);

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

const parseTime = (flag: string, time: string) => parseDuration(flag, time);

/** A flag that sets an option of the exporter, in place of the option's variables. */
const sets = <Option extends keyof OtlpFlagValues, F extends Flag>(
  option: Option,
  flag: F & { readonly parse?: (flag: string, given: never) => OtlpFlagValues[Option] },
): F & { readonly option: Option } => Object.assign({ variables: variablesOf(option) }, flag, { option });

const group = 'OTLP';
const file = (summary: string) => text({ group, value: 'FILE', summary, parse: parseText });
const count = (summary: string) => text({ group, value: 'COUNT', summary, parse: parseCount });

/** The flags of --output otlp. */
export const OTLP_FLAGS = {
  otlp: toggle({ group, summary: 'export to an OpenTelemetry collector in addition to --output' }),
  'otlp-endpoint': sets(
    'endpoint',
    text({
      group,
      value: 'URL',
      summary:
        'collector URL, such as http://localhost:4318, to which /v1/logs and so on are appended; for gRPC also HOST:PORT',
      parse: parseText,
    }),
  ),
  'otlp-protocol': sets('protocol', choice(PROTOCOLS, { group, summary: 'protocol (default: http/protobuf)' })),
  'otlp-headers': sets(
    'headers',
    list({
      group,
      value: 'NAME=VALUE',
      summary:
        'request headers, comma-separated, percent-encoded; other users can see a command line, so set secrets in the variable',
      parse: parseHeaderFlags,
    }),
  ),
  'otlp-compression': sets(
    'isCompressed',
    text({
      group,
      words: COMPRESSIONS,
      summary: 'request compression (default: none)',
      parse: (_flag, name) => name === 'gzip',
    }),
  ),
  'otlp-timeout': sets(
    'timeout',
    text({
      group,
      value: 'TIME',
      summary: 'time limit for a batch, including retries: 10 (seconds), 500ms, 1m; 0 for no limit (default: 10)',
      parse: parseTimeout,
    }),
  ),
  'otlp-retry-max': sets(
    'longestWait',
    text({
      group,
      value: 'TIME',
      summary: 'longest delay accepted from the collector (Retry-After) before a retry (default: 5m)',
      parse: parseTime,
    }),
  ),
  'otlp-insecure': sets('isInsecure', toggle({ group, summary: 'gRPC without TLS if the endpoint is HOST:PORT' })),
  'otlp-ca': sets('ca', file('CA certificates to trust instead of the system ones (PEM)')),
  'otlp-cert': sets('cert', file('client certificate, for mutual TLS (PEM)')),
  'otlp-key': sets('key', file('private key of the client certificate (PEM)')),
  'otlp-args': sets(
    'args',
    choice(ARGS_STYLES, {
      group,
      summary:
        'export program arguments with likely secrets replaced (redacted), unchanged, or not at all (default: redacted)',
    }),
  ),
  'otlp-body': sets(
    'hasBody',
    toggle({ group, summary: 'add a body to each log record: the columns of the table as a line of text' }),
  ),
  'otlp-spool': sets(
    'spool',
    text({
      group,
      value: 'DIR',
      summary: 'store batches in DIR while the collector is unavailable and send them later',
      parse: parseText,
    }),
  ),
  'spool-max': sets(
    'spoolMax',
    text({
      group,
      value: 'SIZE',
      summary: 'with --otlp-spool: disk space limit, such as 1G (default: 256M)',
      parse: parseSpoolMax,
    }),
  ),
  'otlp-resource': sets(
    'resource',
    list({
      group,
      value: 'KEY=VALUE',
      summary: 'resource attributes, comma-separated, percent-encoded, such as service.name=web',
      parse: parseResourceFlags,
    }),
  ),
  'otlp-resource-per-container': sets(
    'isPerContainer',
    toggle({
      group,
      summary:
        'describe each container in a resource of its own, as the k8sattributes processor expects, instead of in record attributes',
    }),
  ),
  'otlp-spans': sets(
    'hasSpans',
    toggle({
      group,
      summary:
        'send spans of processes (procsnoop) and connections (tcplife) instead of events; events of other tools get the trace context in the TRACEPARENT of their process',
    }),
  ),
  'trace-root': sets(
    'hasTraceRoot',
    toggle({
      group,
      summary: 'with --otlp-spans and -- COMMAND: start a trace with the command as its root, passed on in TRACEPARENT',
    }),
  ),
  'otlp-histograms': sets(
    'histograms',
    choice(HISTOGRAM_STYLES, { group, summary: 'histogram type: explicit bounds or exponential (default: explicit)' }),
  ),
  'otlp-temporality': sets(
    'temporality',
    choice(TEMPORALITIES, {
      group,
      summary: 'aggregation temporality: counts since the start or since the last export (default: cumulative)',
    }),
  ),
  'otlp-batch': sets('maxBatch', count('maximum number of records per request (default: 4096)')),
  'otlp-queue': sets(
    'maxQueue',
    count('maximum number of queued records; more are dropped and counted (default: 65536)'),
  ),
  'otlp-delay': sets(
    'delay',
    text({
      group,
      value: 'TIME',
      summary:
        'longest time that a record waits for a batch to fill, such as 500ms (default: 1 second for events, 5 for spans)',
      parse: parseTime,
    }),
  ),
};
