import type { Column, HistogramColumn, ListColumn, PlainColumn, TextColumn } from '../events/column.js';
import { LOSS_REASONS } from './format.js';

/** A JSON Schema, or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A column in JSON. */
export interface SchemaColumn {
  readonly column: Column;
  readonly description: string | undefined;
  /** Present only on request. */
  readonly isOptional: boolean;
}

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';

/** Members of an event that come from one column. */
interface Members {
  readonly properties: Record<string, JsonSchema>;
  readonly required: readonly string[];
  /** Members that are present only together with another one. */
  readonly dependent: Record<string, readonly string[]>;
}

function plainMembers(column: PlainColumn, { description, isOptional }: SchemaColumn): Members {
  // JSON has no NaN.
  const type = column.json === 'number' ? ['number', 'null'] : column.json;
  const schema = { ...(description && { description }), ...(column.json !== 'any' && { type }), ...column.jsonSchema };
  const isRequired = !isOptional && !column.isPresent;
  return { properties: { [column.name]: schema }, required: isRequired ? [column.name] : [], dependent: {} };
}

/** The text, and the members that src/output/json.ts adds if necessary. */
function textMembers(column: TextColumn, { description, isOptional }: SchemaColumn): Members {
  const { name, isSpan } = column;
  const base64 = `${name}_base64`;
  const truncated = `${name}_truncated`;
  return {
    properties: {
      [name]: {
        ...(description && { description: isSpan ? `${description}; null if unreadable` : description }),
        type: isSpan ? ['string', 'null'] : 'string',
      },
      [base64]: {
        description: `exact bytes of ${name} in base64, if they are not valid UTF-8`,
        type: 'string',
        contentEncoding: 'base64',
      },
      ...(isSpan && { [truncated]: { description: `${name} is truncated`, const: true } }),
    },
    required: isOptional || column.isPresent ? [] : [name],
    dependent: { [base64]: [name], ...(isSpan && { [truncated]: [name] }) },
  };
}

/** The texts, and the members that src/output/json.ts adds if necessary. */
function listMembers(column: ListColumn, { description, isOptional }: SchemaColumn): Members {
  const { name, json } = column;
  const [base64, truncated, count, size] = ['base64', 'truncated', 'count', 'size'].map(
    (what) => `${name}_${what}`,
  ) as [string, string, string, string];
  const of = (text: JsonSchema) => (json === 'array' ? { items: text } : { additionalProperties: text });
  return {
    properties: {
      [name]: {
        ...(description && { description: `${description}; null if unreadable` }),
        type: [json, 'null'],
        ...of({ type: 'string' }),
      },
      [base64]: {
        description: `exact bytes of all of ${name} in base64, if some are not valid UTF-8`,
        type: json,
        ...of({ type: 'string', contentEncoding: 'base64' }),
      },
      [truncated]: { description: `${name} is truncated`, const: true },
      [count]: { description: 'full number of items, if known', type: 'integer' },
      [size]: { description: 'full size in bytes, including a NUL per item, if known', type: 'integer' },
    },
    required: isOptional ? [] : [name],
    dependent: { [base64]: [name], [truncated]: [name], [count]: [truncated], [size]: [truncated] },
  };
}

const COUNT = { type: 'integer', minimum: 0 };

function histogramMembers({ name }: HistogramColumn, { description, isOptional }: SchemaColumn): Members {
  const bucket = {
    description: 'number of values from `from` up to but excluding `to`; the last possible bucket has no `to`',
    type: 'object',
    properties: { from: COUNT, to: COUNT, count: COUNT },
    required: ['from', 'count'],
    additionalProperties: false,
  };
  const schema = {
    ...(description && { description }),
    type: 'object',
    properties: {
      unit: { const: 'ns' },
      count: { description: 'number of values', ...COUNT },
      sum: { description: 'sum of all values', type: 'string', pattern: '^[0-9]+$' },
      buckets: { description: 'from the first to the last non-empty bucket', type: 'array', items: bucket },
    },
    required: ['unit', 'count', 'sum', 'buckets'],
    additionalProperties: false,
  };
  return { properties: { [name]: schema }, required: isOptional ? [] : [name], dependent: {} };
}

function membersOf(entry: SchemaColumn): Members {
  switch (entry.column.kind) {
    case 'plain':
      return plainMembers(entry.column, entry);
    case 'text':
      return textMembers(entry.column, entry);
    case 'list':
      return listMembers(entry.column, entry);
    case 'histogram':
      return histogramMembers(entry.column, entry);
  }
}

function eventSchema(event: string, columns: readonly SchemaColumn[]): JsonSchema {
  const members = columns.map(membersOf);
  return {
    type: 'object',
    properties: { event: { const: event }, ...Object.assign({}, ...members.map(({ properties }) => properties)) },
    required: ['event', ...members.flatMap(({ required }) => required)],
    dependentRequired: Object.assign({}, ...members.map(({ dependent }) => dependent)),
    additionalProperties: false,
  };
}

/** The line of a loss: src/output/format.ts. */
const LOST: JsonSchema = {
  type: 'object',
  properties: {
    event: { const: 'lost' },
    time: { description: 'time when the loss was detected', type: 'string', format: 'date-time' },
    reason: {
      description: Object.entries(LOSS_REASONS)
        .map(([reason, meaning]) => `${reason}: ${meaning}`)
        .join('; '),
      enum: Object.keys(LOSS_REASONS),
    },
    count: { description: 'number since the previous lost line', type: 'integer', minimum: 1 },
    total: { description: 'number since the start', type: 'integer', minimum: 1 },
  },
  required: ['event', 'time', 'reason', 'count', 'total'],
  additionalProperties: false,
};

/** The first line with -v: Opening of src/output/format.ts. */
const START: JsonSchema = {
  type: 'object',
  properties: {
    event: { const: 'start' },
    time: { type: 'string', format: 'date-time' },
    tool: { type: 'string' },
    kernel: { description: 'kernel release', type: 'string' },
    arch: { type: 'string' },
    hooks: {
      description: 'kinds of hooks by hook point',
      type: 'object',
      additionalProperties: { type: 'array', items: { type: 'string' } },
    },
    without: {
      description: 'limitations on this kernel',
      type: 'array',
      items: { type: 'string' },
    },
  },
  required: ['event', 'time', 'tool', 'kernel', 'arch', 'hooks', 'without'],
  additionalProperties: false,
};

/** A kind of line: an event, or a row of aggregates. */
export interface LineKind {
  /** Its value of `event`. */
  readonly event: string;
  readonly columns: readonly SchemaColumn[];
}

/** Returns the schema of all lines that JsonFormat writes: of these kinds, of losses, and the first line with -v. */
export function lineSchema(title: string, kinds: readonly LineKind[]): JsonSchema {
  const events = kinds.map(({ event, columns }) => eventSchema(event, columns));
  return { $schema: DIALECT, title, oneOf: [...events, LOST, START] };
}
