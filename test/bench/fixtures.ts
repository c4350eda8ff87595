import { pipelineResults } from '../../bench/pipelines.js';
import { figuresOf, type Measurement, type Results, type Row, stat } from '../../bench/results.js';

export const measurement = (changes: Partial<Measurement> = {}): Measurement => ({
  operations: 1000,
  expected: 1000,
  events: 1000,
  reportedLost: 0,
  cpuNs: 2200,
  wallNs: 2300,
  untracedCpuNs: 1200,
  untracedWallNs: 1250,
  bystanderCpuNs: 1300,
  tracerUs: 301_500,
  tracerStartUs: 300_000,
  firstEventMs: 210,
  peakKb: 83_968,
  waits: 90,
  ...changes,
});

const sending = (us: number) => ({ records: 1000, us, wallUs: 2 * us, peakKb: 83_968 });

const row = (program: string, output: string, rounds: Measurement[], failures: string[] = []): Row => ({
  program,
  version: '1.0',
  output,
  buffer: 'ring',
  command: `${program} <it>`,
  ...(rounds.length > 0 && { figures: figuresOf(rounds) }),
  rounds,
  failures,
});

/** A run with one contender that loses nothing, one that loses a lot, and one that does not work. */
export const results: Results = {
  format: 1,
  date: '2026-01-02T03:04:05.678Z',
  machine: {
    kernel: '6.12.0 & <more>',
    system: 'Debian GNU/Linux',
    cpu: 'a CPU',
    cores: 2,
    virtual: true,
    node: 'v20.19.0',
    loadAverage: 0.1,
    busyPercent: 2,
  },
  rounds: 3,
  ours: [],
  comparisons: [
    {
      subject: 'opensnoop',
      operation: 'open',
      condition: 'idle',
      operations: 1000,
      untracedUs: stat([1.2, 1.1, 1.3]),
      rows: [
        row('snoopkit', 'table', [measurement(), measurement({ cpuNs: 2100 }), measurement({ cpuNs: 2600 })]),
        row('libbpf-tools', 'table', [measurement({ events: 700, reportedLost: 290 })]),
        row('bpftrace', 'table', [], ['no first_ns within 30 s: it | broke']),
      ],
    },
  ],
  micro: [{ name: 'decode', what: 'events to objects', eventsPerSecond: stat([1_000_000, 900_000, 1_200_000]) }],
  pipelines: pipelineResults(
    {
      snoopkit: [2000, 2200, 1800].map(sending),
      sdk: [20_000, 11_000, 18_000].map(sending),
      encode: [1000].map(sending),
    },
    '1.2.3',
  ),
  remarks: ['a peer was not compared: it is not there'],
};
