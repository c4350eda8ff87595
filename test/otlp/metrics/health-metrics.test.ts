import assert from 'node:assert/strict';
import { type Health, HealthMetrics, type SignalAccount } from '../../../src/otlp/metrics/health-metrics.js';
import type { MetricOptions } from '../../../src/otlp/metrics/metric-instrument.js';
import { attributesOf, decodeAll, metricOf, options, SECOND, START } from './metric-helpers.js';

const LOGS: SignalAccount = {
  signal: 'logs',
  protocol: 'http/protobuf',
  seen: 1000,
  delivered: 700,
  rejected: 5,
  dropped: { queue_full: 100, timeout: 45 },
  waiting: 150,
  capacity: 2048,
};

describe('output: OTLP metrics of our own health', () => {
  let health: Health;

  function sourceOf(changes: Partial<MetricOptions> = {}) {
    health = { tool: 'opensnoop', events: 1200, losses: { ring_full: 12, skipped: 0 }, accounts: [LOGS] };
    const source = new HealthMetrics(() => health, options(changes));
    let seconds = 0;
    return { source, collect: () => decodeAll(source.collect(START + BigInt(++seconds) * SECOND)) };
  }

  /** Values by the attribute that tells them apart. */
  const values = (metrics: ReturnType<typeof decodeAll>, name: string, key = 'error.type') =>
    Object.fromEntries(metricOf(metrics, name).points.map((point) => [attributesOf(point)[key] ?? '', point.asInt]));

  it('have the names and the components of the conventions', () => {
    const { collect } = sourceOf();
    const metrics = collect();
    assert.deepEqual(
      metrics.map(({ name, unit, isMonotonic }) => [name, unit, isMonotonic]),
      [
        ['snoopkit.events', '{event}', true],
        ['snoopkit.ringbuf.lost', '{event}', true],
        ['otel.sdk.processor.log.processed', '{log_record}', true],
        ['otel.sdk.processor.log.queue.size', '{log_record}', false],
        ['otel.sdk.processor.log.queue.capacity', '{log_record}', false],
        ['otel.sdk.exporter.log.exported', '{log_record}', true],
      ],
    );
    const component = (name: string) => {
      const { 'error.type': _error, ...attributes } = attributesOf(metricOf(metrics, name).points[0] ?? assert.fail());
      return attributes;
    };
    for (const name of ['processed', 'queue.size', 'queue.capacity'])
      assert.deepEqual(component(`otel.sdk.processor.log.${name}`), {
        'otel.component.name': 'batching_log_processor/0',
        'otel.component.type': 'batching_log_processor',
      });
    assert.deepEqual(component('otel.sdk.exporter.log.exported'), {
      'otel.component.name': 'otlp_http_log_exporter/0',
      'otel.component.type': 'otlp_http_log_exporter',
    });
  });

  it('report the outcome of each record', () => {
    const metrics = sourceOf().collect();
    const processed = values(metrics, 'otel.sdk.processor.log.processed');
    assert.deepEqual(processed, { '': '750', queue_full: '100' });
    const exported = values(metrics, 'otel.sdk.exporter.log.exported');
    assert.deepEqual(exported, { '': '700', rejected: '5', timeout: '45' });
    const sum = (counts: Record<string, string>) =>
      Object.values(counts).reduce((all, count) => all + Number(count), 0);
    assert.equal(sum(processed) + LOGS.waiting, LOGS.seen);
    assert.equal(sum(exported), Number(processed['']));
    assert.deepEqual(values(metrics, 'otel.sdk.processor.log.queue.size'), { '': '150' });
    assert.deepEqual(values(metrics, 'otel.sdk.processor.log.queue.capacity'), { '': '2048' });
  });

  it('report events seen, and lost events by reason', () => {
    const { collect } = sourceOf();
    const first = collect();
    assert.deepEqual(values(first, 'snoopkit.events', 'snoopkit.tool'), { opensnoop: '1200' });
    assert.deepEqual(values(first, 'snoopkit.ringbuf.lost', 'snoopkit.lost.reason'), { ring_full: '12' });
    health = { ...health, events: 1300, losses: { ring_full: 12, skipped: 3 } };
    const second = collect();
    assert.deepEqual(values(second, 'snoopkit.events', 'snoopkit.tool'), { opensnoop: '1300' });
    assert.deepEqual(values(second, 'snoopkit.ringbuf.lost', 'snoopkit.lost.reason'), {
      ring_full: '12',
      skipped: '3',
    });
  });

  it('are deltas where these are wanted', () => {
    const { collect } = sourceOf({ temporality: 'delta' });
    collect();
    health = { ...health, events: 1250, accounts: [{ ...LOGS, seen: 1010, delivered: 720, waiting: 140 }] };
    const metrics = collect();
    assert.deepEqual(values(metrics, 'snoopkit.events', 'snoopkit.tool'), { opensnoop: '50' });
    assert.deepEqual(values(metrics, 'otel.sdk.processor.log.processed'), { '': '20' });
    assert.deepEqual(values(metrics, 'otel.sdk.processor.log.queue.size'), { '': '140' });
    assert.ok(!metrics.some(({ name }) => name === 'snoopkit.ringbuf.lost'));
  });

  it('keep spans apart', () => {
    const { collect } = sourceOf();
    health = { ...health, accounts: [LOGS, { ...LOGS, signal: 'traces', protocol: 'grpc', delivered: 1 }] };
    const metrics = collect();
    const exported = metricOf(metrics, 'otel.sdk.exporter.span.exported');
    assert.equal(exported.unit, '{span}');
    assert.equal(attributesOf(exported.points[0] ?? assert.fail())['otel.component.type'], 'otlp_grpc_span_exporter');
    assert.deepEqual(values(metrics, 'otel.sdk.processor.span.queue.size'), { '': '150' });
  });

  it('report the duration of exports, in seconds, by outcome and endpoint', () => {
    const { source, collect } = sourceOf({ histograms: 'exponential' });
    const route = { signal: 'logs', protocol: 'http/json', url: new URL('https://[::1]/v1/logs') } as const;
    source.note({ route, milliseconds: 12.5, answer: { status: 200 } });
    source.note({ route, milliseconds: 2.5, answer: { status: 200 } });
    source.note({ route, milliseconds: 10_000, answer: { error: 'timeout' } });
    source.note({ route, milliseconds: 1000, answer: { status: 200, error: 'rejected' } });
    const { unit, kind, points } = metricOf(collect(), 'otel.sdk.exporter.operation.duration');
    assert.deepEqual([kind, unit], ['histogram', 's']);
    const common = {
      'otel.component.name': 'otlp_http_json_log_exporter/0',
      'otel.component.type': 'otlp_http_json_log_exporter',
      'server.address': '::1',
      'server.port': '443',
    };
    assert.deepEqual(
      points.map((point) => [attributesOf(point), point.count, point.sum]),
      [
        [{ ...common, 'http.response.status_code': '200' }, '2', 0.015],
        [{ ...common, 'error.type': 'timeout' }, '1', 10],
        [{ ...common, 'error.type': 'rejected', 'http.response.status_code': '200' }, '1', 1],
      ],
    );
  });

  it('name the answers of gRPC, and sockets', () => {
    const { source, collect } = sourceOf();
    const common = { signal: 'traces', protocol: 'grpc' } as const;
    const answer = { status: 'UNAVAILABLE', error: 'UNAVAILABLE' };
    source.note({ route: { ...common, url: new URL('http://c:4317') }, milliseconds: 1, answer });
    source.note({
      route: { ...common, url: new URL('http://localhost'), target: 'unix:/run/otel.sock' },
      milliseconds: 1,
      answer: { status: 'OK' },
    });
    const { points } = metricOf(collect(), 'otel.sdk.exporter.operation.duration');
    const component = {
      'otel.component.name': 'otlp_grpc_span_exporter/0',
      'otel.component.type': 'otlp_grpc_span_exporter',
    };
    assert.deepEqual(points.map(attributesOf), [
      {
        ...component,
        'error.type': 'UNAVAILABLE',
        'rpc.status_code': 'UNAVAILABLE',
        'server.address': 'c',
        'server.port': '4317',
      },
      { ...component, 'rpc.status_code': 'OK', 'server.address': '/run/otel.sock' },
    ]);
  });
});
