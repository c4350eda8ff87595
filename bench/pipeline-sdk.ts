/** The official SDK of OpenTelemetry for JavaScript, with the same events. */
import { type LogAttributes, type LogRecord, SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import type { Column, EventRecord } from '../src/events/column.js';
import { namesOf, OWN, ruleOf, SCHEMA_URL } from '../src/otlp/mapping.js';
import { EVENT, Gauge, MAPPING, type Pipeline, type PipelineOptions, SCOPE, settingsFor } from './pipeline.js';
import { forEachRecord } from './records.js';

/** Values whose text differs in output. */
const TEXTS: Readonly<Record<string, (value: unknown) => string>> = {
  mode: (value) => Number(value).toString(8).padStart(4, '0'),
};

/**
 * Converts an event to the input of the SDK's logger, in the manner of a user of the library: from the values of
 * columns.
 */
function logRecordOf(columns: readonly Column[]): (record: EventRecord, observed: bigint) => LogRecord {
  const timeOf = columns.flatMap((column) => (column.kind === 'plain' && column.readTime) || [])[0];
  const named = columns
    .filter((column) => !(column.kind === 'plain' && column.readTime))
    .flatMap((column) =>
      namesOf(ruleOf(column.name, EVENT, MAPPING)).map((name) => ({ name, column, text: TEXTS[column.name] })),
    );
  const eventName = `${OWN}${MAPPING.event}`;
  const time = { seconds: 0, nanoseconds: 0 };
  return (record, observed) => {
    const attributes: LogAttributes = {};
    let isWarning = false;
    for (const { name, column, text } of named) {
      const value = column.value(record);
      // The SDK writes nothing for a BigInt.
      if (value === undefined || value === null || typeof value === 'bigint') continue;
      attributes[name] = text ? text(value) : (value as string | number);
      if (name === 'error.type') isWarning = true;
    }
    timeOf?.(record, time);
    return {
      eventName,
      timestamp: [time.seconds, time.nanoseconds],
      observedTimestamp: [Number(observed / 1_000_000_000n), Number(observed % 1_000_000_000n)],
      severityNumber: isWarning ? SeverityNumber.WARN : SeverityNumber.INFO,
      attributes,
    };
  };
}

/** Reports exported records to the gauge. */
function counted(exporter: LogRecordExporter, gauge: Gauge): LogRecordExporter {
  return {
    export: (records, done) =>
      exporter.export(records, (result) => {
        done(result);
        gauge.arrived(records.length);
      }),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}

/** From records of the kernel to a collector: LoggerProvider, BatchLogRecordProcessor, OTLPLogExporter. */
export function sdkPipeline({ endpoint, columns, now }: PipelineOptions): Pipeline {
  const { delay, maxBatch, maxQueue } = settingsFor(endpoint).batches.logs;
  const gauge = new Gauge();
  const provider = new LoggerProvider({
    processors: [
      new BatchLogRecordProcessor({
        exporter: counted(new OTLPLogExporter({ url: `${endpoint}/v1/logs` }), gauge),
        scheduledDelayMillis: delay,
        maxExportBatchSize: maxBatch,
        maxQueueSize: maxQueue,
      }),
    ],
  });
  const logger = provider.getLogger(SCOPE.name, SCOPE.version, { schemaUrl: SCHEMA_URL });
  const toLogRecord = logRecordOf(columns);
  return {
    gauge,
    write: (records) => {
      gauge.add(records.offsets.length);
      const observed = now();
      forEachRecord(records, (record) => logger.emit(toLogRecord(record, observed)));
    },
    close: () => provider.shutdown(),
  };
}
