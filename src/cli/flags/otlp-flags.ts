import * as Flags from '@oclif/core/flags';
import { ARGS_STYLES, COMPRESSIONS, HISTOGRAM_STYLES, TEMPORALITIES } from '../../otlp/settings/flag-values.js';
import { PROTOCOLS } from '../../otlp/types.js';

const helpGroup = 'OTLP';
const file = (summary: string) => Flags.string({ summary, helpValue: 'FILE', helpGroup });
const count = (summary: string) => Flags.string({ summary, helpValue: 'COUNT', helpGroup });

/**
 * The flags of --output otlp. Each wins over the variables of the environment that the specification of OpenTelemetry
 * has for the same; src/cli/flags/otlp-options.ts says what the values mean.
 */
export const otlpFlags = {
  otlp: Flags.boolean({
    helpGroup,
    summary: 'export to an OpenTelemetry collector in addition to --output',
  }),
  'otlp-endpoint': Flags.string({
    helpValue: 'URL',
    helpGroup,
    summary:
      'collector URL, such as http://localhost:4318, to which /v1/logs and so on are appended; for gRPC also HOST:PORT',
  }),
  'otlp-protocol': Flags.option({ options: PROTOCOLS })({
    helpGroup,
    summary: 'protocol (default: http/protobuf)',
  }),
  'otlp-headers': Flags.string({
    helpValue: 'NAME=VALUE',
    helpGroup,
    multiple: true,
    summary:
      'request headers, comma-separated, percent-encoded; other users can see a command line, so set secrets in OTEL_EXPORTER_OTLP_HEADERS',
  }),
  'otlp-compression': Flags.option({ options: COMPRESSIONS })({
    helpGroup,
    summary: 'request compression (default: none)',
  }),
  'otlp-timeout': Flags.string({
    helpValue: 'TIME',
    helpGroup,
    summary: 'time limit for a batch, including retries: 10 (seconds), 500ms, 1m; 0 for no limit (default: 10)',
  }),
  'otlp-retry-max': Flags.string({
    helpValue: 'TIME',
    helpGroup,
    summary: 'longest delay accepted from the collector (Retry-After) before a retry (default: 5m)',
  }),
  'otlp-insecure': Flags.boolean({ helpGroup, summary: 'gRPC without TLS if the endpoint is HOST:PORT' }),
  'otlp-ca': file('CA certificates to trust instead of the system ones (PEM)'),
  'otlp-cert': file('client certificate, for mutual TLS (PEM)'),
  'otlp-key': file('private key of the client certificate (PEM)'),
  'otlp-args': Flags.option({ options: ARGS_STYLES })({
    helpGroup,
    summary:
      'export program arguments with likely secrets replaced (redacted), unchanged, or not at all (default: redacted)',
  }),
  'otlp-body': Flags.boolean({
    helpGroup,
    summary: 'add a body to each log record: the columns of the table as a line of text',
  }),
  'otlp-spool': Flags.string({
    helpValue: 'DIR',
    helpGroup,
    summary: 'store batches in DIR while the collector is unavailable and send them later',
  }),
  'spool-max': Flags.string({
    helpValue: 'SIZE',
    helpGroup,
    summary: 'with --otlp-spool: disk space limit, such as 1G (default: 256M)',
  }),
  'otlp-resource': Flags.string({
    helpValue: 'KEY=VALUE',
    helpGroup,
    multiple: true,
    summary: 'resource attributes, comma-separated, percent-encoded, such as service.name=web',
  }),
  'otlp-resource-per-container': Flags.boolean({
    helpGroup,
    summary:
      'describe each container in a resource of its own, as the k8sattributes processor expects, instead of in record attributes',
  }),
  'otlp-spans': Flags.boolean({
    helpGroup,
    summary:
      'send spans of processes (procsnoop) and connections (tcplife) instead of events; events of other tools get the trace context in the TRACEPARENT of their process',
  }),
  'trace-root': Flags.boolean({
    helpGroup,
    summary: 'with --otlp-spans and -- COMMAND: start a trace with the command as its root, passed on in TRACEPARENT',
  }),
  'otlp-histograms': Flags.option({ options: HISTOGRAM_STYLES })({
    helpGroup,
    summary: 'histogram type: explicit bounds or exponential (default: explicit)',
  }),
  'otlp-temporality': Flags.option({ options: TEMPORALITIES })({
    helpGroup,
    summary: 'aggregation temporality: counts since the start or since the last export (default: cumulative)',
  }),
  'otlp-batch': count('maximum number of records per request (default: 4096)'),
  'otlp-queue': count('maximum number of queued records; more are dropped and counted (default: 65536)'),
  'otlp-delay': Flags.string({
    helpValue: 'TIME',
    helpGroup,
    summary:
      'longest time that a record waits for a batch to fill, such as 500ms (default: 1 second for events, 5 for spans)',
  }),
};
