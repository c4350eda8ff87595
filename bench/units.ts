import type { Comparison, PipelineResult, PipelineResults, Row, Stat } from './results.js';

/** A number with its significant digits, and no exponent. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && size < 0.005) return value < 0 ? '-0.00' : '<0.01';
  const text = value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return size >= 10_000 ? text.replace(/\B(?=(\d{3})+$)/g, ',') : text;
}

export const count = (value: number) =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');

/** CPU time of all threads of this process, in microseconds: V8 collects garbage in other threads. */
export function cpuUs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

/** `0.90..1.10` */
export const range = ({ min, max }: Stat, text = short) => (min === max ? text(min) : `${text(min)}..${text(max)}`);

export const nameOf = (row: Row) => `${row.program} (${row.output})`;

const CONDITIONS = { idle: 'nothing else runs', busy: 'every core is kept busy by another program' } as const;

export function titleOf({ subject, operation, operations, condition, rows }: Comparison): string {
  const rounds = Math.max(0, ...rows.map((row) => row.rounds.length));
  const median = rounds === 1 ? 'one round' : `medians of ${rounds} rounds`;
  return `${subject}: ${count(operations)} times ${operation} in one thread at full speed, ${CONDITIONS[condition]}, ${median}`;
}

/** A figure as shown by every report. */
export interface Column {
  readonly title: string;
  readonly unit: string;
  of(row: Row): Stat | undefined;
  readonly text: (value: number) => string;
}

/** The figures of a comparison, in the order of the reports. */
export const columns: readonly Column[] = [
  { title: 'events', unit: '', of: ({ figures }) => figures?.events, text: count },
  { title: 'lost', unit: '%', of: ({ figures }) => figures?.lostPercent, text: short },
  { title: 'reported', unit: '', of: ({ figures }) => figures?.reportedLost, text: count },
  { title: 'operation', unit: 'us', of: ({ figures }) => figures?.operationUs, text: short },
  { title: 'added', unit: 'us', of: ({ figures }) => figures?.addedUs, text: short },
  { title: 'to excluded', unit: 'us', of: ({ figures }) => figures?.addedToOthersUs, text: short },
  { title: 'CPU/event', unit: 'us', of: ({ figures }) => figures?.cpuPerEventUs, text: short },
  { title: 'CPU all', unit: 's', of: ({ figures }) => figures?.cpuSeconds, text: short },
  { title: 'first event', unit: 'ms', of: ({ figures }) => figures?.firstEventMs, text: count },
  { title: 'memory', unit: 'MB', of: ({ figures }) => figures?.peakMb, text: count },
];

/** The reason that a figure is not comparable, if any. */
export const LOSSY_NOTE =
  'lost more than 1 % of the events, so what it cost is for less work than that of the others: compare with care';

export const PIPELINES_TITLE =
  'OTLP: from opensnoop records of the kernel to a collector on this machine, by http/protobuf without gzip';

export const ratioText = ({ ratio }: PipelineResults) =>
  `snoopkit takes ${short(ratio.median)} (${range(ratio)}) of the CPU time that the official SDK takes`;

export const pipelineColumns: readonly {
  readonly title: string;
  readonly unit: string;
  of(row: PipelineResult): Stat;
  readonly text: (value: number) => string;
}[] = [
  { title: 'CPU/record', unit: 'us', of: ({ cpuPerRecordUs }) => cpuPerRecordUs, text: short },
  { title: 'records/s', unit: '', of: ({ recordsPerSecond }) => recordsPerSecond, text: count },
  { title: 'memory', unit: 'MB', of: ({ peakMb }) => peakMb, text: count },
];
