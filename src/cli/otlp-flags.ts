import * as Flags from '@oclif/core/flags';
import { ARGS_STYLES, COMPRESSIONS, HISTOGRAM_STYLES, TEMPORALITIES } from '../output/otlp/settings/flag-values.js';
import { PROTOCOLS } from '../output/otlp/types.js';

const helpGroup = 'OTLP';
const file = (summary: string) => Flags.string({ summary, helpValue: 'FILE', helpGroup });
const count = (summary: string) => Flags.string({ summary, helpValue: 'COUNT', helpGroup });

/**
 * The flags of --output otlp. Each wins over the variables of the environment that the specification of OpenTelemetry
 * has for the same; src/cli/otlp-options.ts says what the values mean.
 */
export const otlpFlags = {
  otlp: Flags.boolean({
    helpGroup,
    summary: 'send all of it to an OpenTelemetry collector as well, whatever --output writes',
  }),
  'otlp-endpoint': Flags.string({
    helpValue: 'URL',
    helpGroup,
    summary:
      'the collector, such as http://localhost:4318, where /v1/logs and the like are added; for gRPC also HOST:PORT',
  }),
  'otlp-protocol': Flags.option({ options: PROTOCOLS })({
    helpGroup,
    summary: 'how to talk to it; http/protobuf when left out',
  }),
  'otlp-headers': Flags.string({
    helpValue: 'NAME=VALUE',
    helpGroup,
    multiple: true,
    summary:
      'headers of all requests, with commas between, percent-encoded; others can see a command line, so give secrets in OTEL_EXPORTER_OTLP_HEADERS',
  }),
  'otlp-compression': Flags.option({ options: COMPRESSIONS })({
    helpGroup,
    summary: 'of requests; none when left out',
  }),
  'otlp-timeout': Flags.string({
    helpValue: 'TIME',
    helpGroup,
    summary: 'how long to try to deliver a batch: 10 (seconds), 500ms, 1m; 0 for no limit; 10 when left out',
  }),
  'otlp-retry-max': Flags.string({
    helpValue: 'TIME',
    helpGroup,
    summary: 'wait no longer than this when the collector asks for time (Retry-After); 5m when left out',
  }),
  'otlp-insecure': Flags.boolean({ helpGroup, summary: 'gRPC without TLS where the endpoint is HOST:PORT' }),
  'otlp-ca': file("certificates to trust in place of the system's, in PEM"),
  'otlp-cert': file('our certificate, for a collector that asks for one, in PEM'),
  'otlp-key': file('its private key, in PEM'),
  'otlp-args': Flags.option({ options: ARGS_STYLES })({
    helpGroup,
    summary:
      'arguments of programs: with what looks secret replaced (redacted, when left out), as they are, or not at all',
  }),
  'otlp-body': Flags.boolean({
    helpGroup,
    summary: 'give each log record a body: what a table shows of the event, in a line for people',
  }),
  'otlp-spool': Flags.string({
    helpValue: 'DIR',
    helpGroup,
    summary: 'keep batches in this folder while no collector takes them, and send them later',
  }),
  'spool-max': Flags.string({
    helpValue: 'SIZE',
    helpGroup,
    summary: 'with --otlp-spool: use no more of the disk, such as 1G; 256M when left out',
  }),
  'otlp-resource': Flags.string({
    helpValue: 'KEY=VALUE',
    helpGroup,
    multiple: true,
    summary: 'attributes of the resource, with commas between, percent-encoded, such as service.name=web',
  }),
  'otlp-resource-per-container': Flags.boolean({
    helpGroup,
    summary:
      'tell containers by resources of their own, where k8sattributes looks for them, in place of attributes of each record',
  }),
  'otlp-spans': Flags.boolean({
    helpGroup,
    summary:
      'send spans of processes (procsnoop) and connections (tcplife) in place of events; events of other tools get the trace that their process has in TRACEPARENT',
  }),
  'trace-root': Flags.boolean({
    helpGroup,
    summary: 'with --otlp-spans and -- COMMAND: a trace of which the command is the root, told to it in TRACEPARENT',
  }),
  'otlp-histograms': Flags.option({ options: HISTOGRAM_STYLES })({
    helpGroup,
    summary: 'how histograms are sent; explicit (with bounds) when left out',
  }),
  'otlp-temporality': Flags.option({ options: TEMPORALITIES })({
    helpGroup,
    summary: 'whether counts are since the start or since the last time; cumulative when left out',
  }),
  'otlp-batch': count('send no more records in one request; 4096 when left out'),
  'otlp-queue': count('let no more records wait for the collector, drop and count those above; 65536 when left out'),
  'otlp-delay': Flags.string({
    helpValue: 'TIME',
    helpGroup,
    summary:
      'how long a record waits for others to go with, such as 500ms; 1 (second) for events, 5 for spans when left out',
  }),
};
