import { Envelope } from '../src/otlp/delivery/envelope.js';
import { Exporter } from '../src/otlp/delivery/exporter.js';
import { OtlpFormat, type OtlpParts } from '../src/otlp/format.js';
import { LogEncoder } from '../src/otlp/log-encoder.js';
import { SCHEMA_URL } from '../src/otlp/mapping.js';
import { messageType } from '../src/otlp/messages.js';
import { encodeResource, resourceAttributes } from '../src/otlp/resource.js';
import { transportOf } from '../src/otlp/transport/transport.js';
import { EVENT, Gauge, MAPPING, type Pipeline, type PipelineOptions, SCOPE, settingsFor } from './pipeline.js';
import { forEachRecord, type Records } from './records.js';

const CLOSE_MS = 30_000;

type Add = NonNullable<OtlpParts['logs']>['add'];

/** The format of a run, which passes encoded records to `add`. */
function formatTo({ endpoint, columns, now }: PipelineOptions, add: Add): OtlpFormat {
  const { limits, args } = settingsFor(endpoint);
  const encoder = new LogEncoder(EVENT, columns, MAPPING, { ...limits.logs, args, tool: 'opensnoop' });
  return new OtlpFormat({ logs: { encoder, add }, spans: undefined, tally: undefined, now });
}

/** From records of the kernel to a collector, as in a run with `-o otlp`. */
export async function snoopkitPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { routes, batches } = settingsFor(options.endpoint);
  if (!routes.logs) throw new Error('there is no way for logs');
  const gauge = new Gauge();
  const exporter = new Exporter({
    signal: 'logs',
    envelope: new Envelope(
      encodeResource(
        resourceAttributes({ tool: SCOPE.name, version: SCOPE.version, serviceName: undefined, attributes: [] }),
      ),
      messageType('InstrumentationScope').encode(SCOPE).finish(),
      SCHEMA_URL,
    ),
    transport: await transportOf(routes.logs, `Snoopkit/${SCOPE.version}`),
    batch: batches.logs,
    timeout: routes.logs.timeout,
    onExport: ({ records }) => gauge.arrived(records),
  });
  const format = formatTo(options, (bytes, start, end) => exporter.add(bytes, start, end));
  return {
    gauge,
    write: (records) => {
      gauge.add(records.offsets.length);
      forEachRecord(records, (record) => format.event(record));
    },
    close: () => exporter.close(CLOSE_MS),
  };
}

/** Only encodes records. */
export function encodeOnly(options: PipelineOptions): (records: Records) => void {
  const format = formatTo(options, () => {});
  return (records) => forEachRecord(records, (record) => format.event(record));
}
