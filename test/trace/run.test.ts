import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { RecordBatch } from '../../src/bpf/record-stream.js';
import type { EventRecord } from '../../src/events/column.js';
import { BaseSink } from '../../src/output/sink.js';
import { Losses } from '../../src/trace/losses.js';
import { TraceRun, type TraceRunOptions } from '../../src/trace/run.js';
import type { Source, SourceBatch, SourceStream } from '../../src/trace/source.js';
import { batchOf } from '../helpers/batch.js';

const KIND = { opens: 0, sizes: 1 };

/** A source with two schemas. */
class RecordedSource implements Source, SourceStream {
  readonly schemas = [
    { struct: 'open', size: 4, columns: [] },
    { struct: 'size', size: 8, columns: [] },
  ];
  readonly opening = undefined;
  readonly calls: string[] = [];
  readonly losses: Losses;
  readonly #batches: readonly SourceBatch[];
  /** Batches that arrive while it is detached. */
  late: SourceBatch[] = [];
  isEndless = false;
  refusal: Error | undefined;
  end: string | undefined;

  constructor(...batches: SourceBatch[]) {
    this.#batches = batches;
    const reasons = { ring_full: 0, not_followed: 1, not_kept: 2 };
    this.losses = new Losses(
      reasons,
      () => [{ by_reason: [3n, 0n, 0n] }],
      () => 0,
    );
  }

  attach(command: number | undefined): SourceStream {
    this.calls.push(`attach ${command}`);
    if (this.refusal) throw this.refusal;
    return this;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<SourceBatch> {
    for (const batch of this.#batches) {
      if (signal.aborted) return;
      yield batch;
    }
    while (this.isEndless && !signal.aborted) await sleep(5);
  }

  drain(): SourceBatch[] {
    return this.late.splice(0);
  }

  detach(): void {
    this.calls.push('detach');
    this.late.push({ schema: KIND.opens, records: batchOf(99) });
  }

  refresh(): void {}

  tick(): string | undefined {
    return this.end;
  }

  reports(): undefined {}

  close(): void {
    this.calls.push('close');
  }
}

class NumberSink extends BaseSink {
  readonly numbers: number[] = [];
  readonly calls: string[] = [];

  override begin(): void {
    this.calls.push('begin');
  }
  event({ view, offset }: EventRecord): void {
    this.numbers.push(view.getUint32(offset, true));
  }
  override end(): void {
    this.calls.push('end');
  }
  override async close(): Promise<void> {
    this.calls.push('close');
  }
  override async abandon(): Promise<void> {
    this.calls.push('abandon');
  }
}

describe('trace: a run', () => {
  const lines: string[] = [];
  beforeEach(() => {
    lines.length = 0;
  });

  function runOf(source: Source, sinks: TraceRunOptions['sinks'], options: Partial<TraceRunOptions> = {}): TraceRun {
    return new TraceRun({
      source,
      sinks,
      most: Number.POSITIVE_INFINITY,
      duration: undefined,
      notices: { info: (line) => lines.push(line), warn: (line) => lines.push(line), error: assert.fail },
      label: (name) => name,
      ...options,
    });
  }

  it('gives the records of each schema to its sinks, the last ones too', async () => {
    const source = new RecordedSource(
      { schema: KIND.opens, records: batchOf(1, 2) },
      { schema: KIND.sizes, records: batchOf(10) },
      { schema: KIND.opens, records: batchOf(3) },
    );
    const [opens, sizes, both] = [new NumberSink(), new NumberSink(), new NumberSink()];
    const run = runOf(source, [
      [opens, both],
      [sizes, both],
    ]);
    await run.run();
    assert.deepEqual([opens.numbers, sizes.numbers, both.numbers], [[1, 2, 3, 99], [10], [1, 2, 10, 3, 99]]);
    assert.deepEqual(source.calls, ['attach undefined', 'detach', 'close']);
    assert.equal(run.events, 5);
    assert.deepEqual(run.losses, { ring_full: 3 });
    assert.deepEqual(lines, ['3 events lost, ring buffer full: use a larger buffer or a narrower filter']);
    for (const sink of [opens, sizes, both]) assert.deepEqual(sink.calls, ['begin', 'end', 'close', 'abandon']);
  });

  it('counts records that are shorter than their schema', async () => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32LE(4, 0);
    const sizes = new NumberSink();
    const run = runOf(new RecordedSource({ schema: KIND.sizes, records: new RecordBatch(bytes) }), [[], [sizes]]);
    await run.run();
    assert.deepEqual([sizes.numbers, run.losses.unreadable], [[], 1]);
  });

  it('ends after the number of events, by its duration, and when no more can occur', async () => {
    const endless = () => {
      const source = new RecordedSource({ schema: KIND.opens, records: batchOf(1, 2, 3) });
      source.isEndless = true;
      return source;
    };
    const some = new NumberSink();
    await runOf(endless(), [[some]], { most: 2 }).run();
    assert.deepEqual(some.numbers, [1, 2]);
    await runOf(endless(), [[]], { duration: 20 }).run();
    const ended = endless();
    ended.end = 'process 1 has ended';
    await runOf(ended, [[]]).run();
    assert.ok(lines.includes('process 1 has ended'), lines.join());
  });

  it('detaches at its end although a sink is full, which still gets all events', async () => {
    class Stalled extends NumberSink {
      override get isFull(): boolean {
        return true;
      }
      override drained(): Promise<void> {
        return new Promise(() => {});
      }
    }
    const ends: [name: string, options: Partial<TraceRunOptions>, end: (run: TraceRun) => void][] = [
      ['stop', {}, (run) => run.stop()],
      ['interrupt', {}, (run) => run.interrupt()],
      ['duration', { duration: 20 }, () => {}],
      ['number of events', { most: 2 }, () => {}],
    ];
    for (const [name, options, end] of ends) {
      const source = new RecordedSource({ schema: KIND.opens, records: batchOf(1, 2) });
      source.isEndless = true;
      source.late.push({ schema: KIND.opens, records: batchOf(3) });
      const sink = new Stalled();
      const run = runOf(source, [[sink]], options);
      const ended = run.run();
      await sleep(5);
      end(run);
      await ended;
      assert.deepEqual(sink.numbers, options.most === undefined ? [1, 2, 3, 99] : [1, 2], name);
      assert.deepEqual(source.calls, ['attach undefined', 'detach', 'close'], name);
    }
  });

  it('closes the source before its sinks, which may wait', async () => {
    const source = new RecordedSource({ schema: KIND.opens, records: batchOf(1) });
    const sink = new NumberSink();
    sink.close = async () => void source.calls.push('close sink');
    await runOf(source, [[sink]]).run();
    assert.deepEqual(source.calls, ['attach undefined', 'detach', 'close', 'close sink']);
  });

  it('calls no sink periodically once its output has ended', async () => {
    const source = new RecordedSource({ schema: KIND.opens, records: batchOf(1) });
    const sink = new NumberSink();
    sink.tick = () => void sink.calls.push('tick');
    sink.flush = () => void sink.calls.push('flush');
    sink.close = async () => {
      await sleep(600);
      sink.calls.push('close');
    };
    await runOf(source, [[sink]]).run();
    assert.deepEqual(sink.calls.slice(sink.calls.indexOf('end')), ['end', 'close', 'abandon']);
  });

  it('completes the output of every sink when another one can not, and reports all errors', async () => {
    const fail = (what: string) => () => {
      throw new Error(what);
    };
    const [ending, closing, sound] = [new NumberSink(), new NumberSink(), new NumberSink()];
    ending.end = fail('end');
    closing.close = fail('close');
    let isWritten = false;
    sound.close = async () => {
      await sleep(20);
      isWritten = !sound.calls.includes('abandon');
    };
    const troubles: unknown[] = [];
    const notices = {
      info: () => {},
      warn: () => {},
      error: (error: unknown) => troubles.push((error as Error).message),
    };
    const source = new RecordedSource({ schema: KIND.opens, records: batchOf(1) });
    await assert.rejects(runOf(source, [[ending, closing, sound]], { notices }).run(), { message: 'end' });
    assert.deepEqual([isWritten, sound.calls], [true, ['begin', 'end', 'abandon']]);
    assert.deepEqual(
      [ending.calls, closing.calls],
      [
        ['begin', 'close', 'abandon'],
        ['begin', 'end', 'abandon'],
      ],
    );
    assert.deepEqual(troubles, ['close']);
  });

  it('fails with its own error, whatever fails as it is released', async () => {
    const source = new RecordedSource({ schema: KIND.opens, records: batchOf(1) });
    source.close = () => {
      throw new Error('source');
    };
    const [broken, sink] = [new NumberSink(), new NumberSink()];
    broken.event = () => {
      throw new Error('broken');
    };
    broken.abandon = () => {
      throw new Error('abandon');
    };
    const troubles: unknown[] = [];
    const notices = {
      info: () => {},
      warn: () => {},
      error: (error: unknown) => troubles.push((error as Error).message),
    };
    await assert.rejects(runOf(source, [[broken, sink]], { notices }).run(), { message: 'broken' });
    assert.deepEqual(
      [troubles, sink.calls],
      [
        ['source', 'abandon'],
        ['begin', 'abandon'],
      ],
    );
  });

  it('fails when a timer throws anything', async () => {
    const source = new RecordedSource({ schema: KIND.opens, records: batchOf(1) });
    source.isEndless = true;
    source.tick = () => {
      throw undefined;
    };
    const sink = new NumberSink();
    const result = await runOf(source, [[sink]])
      .run()
      .then(
        () => 'success',
        (error) => error,
      );
    assert.deepEqual([result, sink.calls], [undefined, ['begin', 'abandon']]);
  });

  it('fails with a RangeError of a sink that is not due to the record', async () => {
    const sink = new NumberSink();
    sink.event = () => {
      throw new RangeError('of the sink');
    };
    const run = runOf(new RecordedSource({ schema: KIND.opens, records: batchOf(1) }), [[sink]]);
    await assert.rejects(run.run(), { message: 'of the sink' });
    assert.deepEqual(run.losses, {});
  });

  it('attaches nothing if it is stopped before', async () => {
    for (const when of ['before', 'open'] as const) {
      const source = new RecordedSource();
      const [first, second] = [new NumberSink(), new NumberSink()];
      const run = runOf(source, [[first, second]]);
      second.open = async () => {
        second.calls.push('open');
        run.stop();
        return true;
      };
      if (when === 'before') run.stop();
      await run.run();
      assert.deepEqual(source.calls, ['close']);
      assert.deepEqual([first.calls, second.calls.filter((call) => call !== 'open')], [['abandon'], ['abandon']]);
    }
  });

  it('releases everything when the source cannot be attached', async () => {
    const source = new RecordedSource();
    source.refusal = new Error('refused');
    const sink = new NumberSink();
    await assert.rejects(runOf(source, [[sink]]).run(), { message: 'refused' });
    assert.deepEqual([source.calls, sink.calls], [['attach undefined', 'close'], ['abandon']]);
  });

  it('releases everything when a sink fails', async () => {
    const source = new RecordedSource({ schema: KIND.opens, records: batchOf(1) });
    const [sink, broken] = [new NumberSink(), new NumberSink()];
    broken.event = () => {
      throw new Error('broken');
    };
    await assert.rejects(runOf(source, [[sink, broken]]).run(), { message: 'broken' });
    assert.deepEqual(
      [source.calls, sink.calls],
      [
        ['attach undefined', 'close'],
        ['begin', 'abandon'],
      ],
    );
  });
});
