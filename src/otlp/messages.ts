/**
 * The OTLP messages that snoopkit writes and reads, reduced to the fields it uses, with the names and numbers of
 * opentelemetry-proto 1.x (a stable interface) and google.rpc. Log records are too many for protobufjs: see
 * log-encoder.ts.
 */
import protobuf, { type INamespace, type IType } from 'protobufjs/light.js';

/** Optional fields are written even if zero. protobufjs represents each as a oneof of its own. */
const message = (...fields: [name: string, id: number, type: string, rule?: 'repeated' | 'optional'][]): IType => {
  const optional = fields.filter(([, , , rule]) => rule === 'optional').map(([name]) => name);
  return {
    fields: Object.fromEntries(
      fields.map(([name, id, type, rule]) => [name, { id, type, ...(rule === 'repeated' && { rule }) }]),
    ),
    ...(optional.length > 0 && { oneofs: Object.fromEntries(optional.map((name) => [`_${name}`, { oneof: [name] }])) }),
  };
};

/** Exactly one of these fields is set. */
const oneOf = (name: string, type: IType): IType => ({
  ...type,
  oneofs: { [name]: { oneof: Object.keys(type.fields) } },
});

/** The envelope of a signal. The numbers are the same for all signals. */
const envelope = (prefix: string, record: string, records: string): Record<string, IType> => ({
  [`Export${prefix === 'Span' ? 'Trace' : `${prefix}s`}ServiceRequest`]: message([
    `resource${prefix}s`,
    1,
    `Resource${prefix}s`,
    'repeated',
  ]),
  [`Resource${prefix}s`]: message(
    ['resource', 1, 'Resource'],
    [`scope${prefix}s`, 2, `Scope${prefix}s`, 'repeated'],
    ['schemaUrl', 3, 'string'],
  ),
  [`Scope${prefix}s`]: message(
    ['scope', 1, 'InstrumentationScope'],
    [records, 2, record, 'repeated'],
    ['schemaUrl', 3, 'string'],
  ),
});

const NUMBER_POINT = message(
  ['attributes', 7, 'KeyValue', 'repeated'],
  ['startTimeUnixNano', 2, 'fixed64'],
  ['timeUnixNano', 3, 'fixed64'],
  ['asDouble', 4, 'double'],
  ['asInt', 6, 'sfixed64'],
);

const DEFINITIONS: INamespace = {
  nested: {
    AnyValue: oneOf(
      'value',
      message(
        ['stringValue', 1, 'string'],
        ['boolValue', 2, 'bool'],
        ['intValue', 3, 'int64'],
        ['doubleValue', 4, 'double'],
        ['arrayValue', 5, 'ArrayValue'],
        ['kvlistValue', 6, 'KeyValueList'],
        ['bytesValue', 7, 'bytes'],
      ),
    ),
    ArrayValue: message(['values', 1, 'AnyValue', 'repeated']),
    KeyValueList: message(['values', 1, 'KeyValue', 'repeated']),
    KeyValue: message(['key', 1, 'string'], ['value', 2, 'AnyValue']),
    InstrumentationScope: message(
      ['name', 1, 'string'],
      ['version', 2, 'string'],
      ['attributes', 3, 'KeyValue', 'repeated'],
    ),
    Resource: message(['attributes', 1, 'KeyValue', 'repeated'], ['droppedAttributesCount', 2, 'uint32']),

    ...envelope('Log', 'LogRecord', 'logRecords'),
    LogRecord: message(
      ['timeUnixNano', 1, 'fixed64'],
      ['severityNumber', 2, 'int32'],
      ['severityText', 3, 'string'],
      ['body', 5, 'AnyValue'],
      ['attributes', 6, 'KeyValue', 'repeated'],
      ['droppedAttributesCount', 7, 'uint32'],
      ['flags', 8, 'fixed32'],
      ['traceId', 9, 'bytes'],
      ['spanId', 10, 'bytes'],
      ['observedTimeUnixNano', 11, 'fixed64'],
      ['eventName', 12, 'string'],
    ),

    ...envelope('Span', 'Span', 'spans'),
    Span: message(
      ['traceId', 1, 'bytes'],
      ['spanId', 2, 'bytes'],
      ['traceState', 3, 'string'],
      ['parentSpanId', 4, 'bytes'],
      ['name', 5, 'string'],
      ['kind', 6, 'int32'],
      ['startTimeUnixNano', 7, 'fixed64'],
      ['endTimeUnixNano', 8, 'fixed64'],
      ['attributes', 9, 'KeyValue', 'repeated'],
      ['droppedAttributesCount', 10, 'uint32'],
      ['links', 13, 'Link', 'repeated'],
      ['status', 15, 'SpanStatus'],
      ['flags', 16, 'fixed32'],
    ),
    Link: message(
      ['traceId', 1, 'bytes'],
      ['spanId', 2, 'bytes'],
      ['traceState', 3, 'string'],
      ['attributes', 4, 'KeyValue', 'repeated'],
      ['flags', 6, 'fixed32'],
    ),
    SpanStatus: message(['message', 2, 'string'], ['code', 3, 'int32']),

    ...envelope('Metric', 'Metric', 'metrics'),
    Metric: message(
      ['name', 1, 'string'],
      ['description', 2, 'string'],
      ['unit', 3, 'string'],
      ['gauge', 5, 'Gauge'],
      ['sum', 7, 'Sum'],
      ['histogram', 9, 'Histogram'],
      ['exponentialHistogram', 10, 'ExponentialHistogram'],
    ),
    Gauge: message(['dataPoints', 1, 'NumberDataPoint', 'repeated']),
    Sum: message(
      ['dataPoints', 1, 'NumberDataPoint', 'repeated'],
      ['aggregationTemporality', 2, 'int32'],
      ['isMonotonic', 3, 'bool'],
    ),
    Histogram: message(['dataPoints', 1, 'HistogramDataPoint', 'repeated'], ['aggregationTemporality', 2, 'int32']),
    ExponentialHistogram: message(
      ['dataPoints', 1, 'ExponentialHistogramDataPoint', 'repeated'],
      ['aggregationTemporality', 2, 'int32'],
    ),
    NumberDataPoint: { ...NUMBER_POINT, oneofs: { value: { oneof: ['asDouble', 'asInt'] } } },
    HistogramDataPoint: message(
      ['attributes', 9, 'KeyValue', 'repeated'],
      ['startTimeUnixNano', 2, 'fixed64'],
      ['timeUnixNano', 3, 'fixed64'],
      ['count', 4, 'fixed64'],
      ['sum', 5, 'double', 'optional'],
      ['bucketCounts', 6, 'fixed64', 'repeated'],
      ['explicitBounds', 7, 'double', 'repeated'],
    ),
    ExponentialHistogramDataPoint: message(
      ['attributes', 1, 'KeyValue', 'repeated'],
      ['startTimeUnixNano', 2, 'fixed64'],
      ['timeUnixNano', 3, 'fixed64'],
      ['count', 4, 'fixed64'],
      ['sum', 5, 'double', 'optional'],
      ['scale', 6, 'sint32'],
      ['zeroCount', 7, 'fixed64'],
      ['positive', 8, 'Buckets'],
      ['negative', 9, 'Buckets'],
    ),
    Buckets: message(['offset', 1, 'sint32'], ['bucketCounts', 2, 'uint64', 'repeated']),

    // The number of rejected records has the same field number for all signals.
    ExportServiceResponse: message(['partialSuccess', 1, 'PartialSuccess']),
    PartialSuccess: message(['rejected', 1, 'int64'], ['errorMessage', 2, 'string']),

    // google.rpc.Status, in HTTP bodies and in grpc-status-details-bin.
    Status: message(['code', 1, 'int32'], ['message', 2, 'string'], ['details', 3, 'Any', 'repeated']),
    Any: message(['typeUrl', 1, 'string'], ['value', 2, 'bytes']),
    RetryInfo: message(['retryDelay', 1, 'Duration']),
    Duration: message(['seconds', 1, 'int64'], ['nanos', 2, 'int32']),
  },
};

const root = protobuf.Root.fromJSON(DEFINITIONS);

/** Looks up a message by its name above. */
export const messageType = (name: string): protobuf.Type => root.lookupType(name);
