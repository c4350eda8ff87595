import assert from 'node:assert/strict';
import { type Column, EventRecord, type TextList } from '../../../src/events/column.js';
import { type ProcessSpanOptions, ProcessSpans } from '../../../src/otlp/spans/process-spans.js';
import type { Span } from '../../../src/otlp/spans/span.js';
import { formatTraceparent, parseTraceparent, type SpanContext } from '../../../src/otlp/spans/trace-context.js';
import type { ArrivedSpan } from '../../helpers/otlp-arrivals.js';
import { readSpans } from './spans.js';

/** A process as reported by procsnoop, times in seconds. */
interface Told {
  pid: number;
  /** The key is the pid where it's left out, and so for the creator and the tree. */
  key?: number;
  /** The parent at the end, where that is not the creator. */
  ppid?: number;
  creator?: number;
  creatorKey?: number;
  tree?: number;
  from?: number;
  to?: number;
  run?: number;
  exit?: number;
  signal?: string;
  exe?: string;
  args?: readonly string[];
  count?: number;
  comm?: string;
  carries?: string;
  isInherited?: boolean;
  /** By how many seconds the clock had been set when it was told of. */
  step?: number;
}

const NS = 1_000_000_000;
const seconds = (time: number) => BigInt(time * NS);
const record = new EventRecord();
let told: Told;
const key = (number: number | undefined) => BigInt(number ?? 0);
const values: Record<string, () => unknown> = {
  time: () => seconds((told.to ?? 10) + (told.step ?? 0)),
  age: () => seconds((told.to ?? 10) - (told.from ?? 1)),
  run_time: () => (told.run === undefined ? undefined : seconds(told.run)),
  pid: () => told.pid,
  ppid: () => told.ppid ?? told.creator ?? 1,
  creator: () => told.creator ?? 0,
  creator_comm: () => (told.creator ? `comm ${told.creator}` : ''),
  exit_code: () => told.exit ?? 0,
  signal: () => told.signal,
  comm: () => told.comm ?? 'name',
  exe: () => told.exe ?? null,
  key: () => key(told.key ?? told.pid),
  creator_key: () => key(told.creatorKey ?? told.creator),
  tree_key: () => key(told.tree ?? told.creator ?? told.pid),
  traceparent: () => told.carries ?? null,
  traceparent_inherited: () => told.isInherited ?? false,
};
const locate = (_record: EventRecord, list: TextList) => {
  const bytes = Buffer.from((told.args ?? []).map((word) => `${word}\0`).join(''));
  list.span.set(bytes, 0, bytes.length);
  list.span.isMissing = told.args === undefined;
  list.span.isTruncated = told.count !== undefined;
  list.count = told.count ?? told.args?.length ?? 0;
};
const columns = [
  ...Object.entries(values).map(([name, value]) => ({
    kind: 'plain',
    name,
    value,
    ...(name === 'time' && { bootTime: () => seconds(told.to ?? 10) }),
  })),
  { kind: 'list', name: 'args', locate },
] as unknown as Column[];

class Fed {
  readonly emitted: Span[] = [];
  readonly spans: ProcessSpans;

  constructor(options: Partial<ProcessSpanOptions> = {}) {
    const emit = (span: Span) => this.emitted.push(span);
    this.spans = new ProcessSpans(columns, { emit, redact: (args) => args, parentOf: () => 1, ...options });
  }

  tell(...processes: readonly Told[]): this {
    for (const process of processes) {
      told = process;
      this.spans.event(record);
    }
    return this;
  }

  get read(): ArrivedSpan[] {
    return readSpans(this.emitted);
  }

  /** By pid: of several the last. */
  get byPid(): Map<unknown, ArrivedSpan> {
    return new Map(this.read.map((span) => [span.attributes['process.pid'], span]));
  }
}

const one = (process: Told, options: Partial<ProcessSpanOptions> = {}) =>
  new Fed(options).tell(process).read[0] ?? assert.fail();

const contextText = (digit: number) => `00-${`${digit}`.repeat(32)}-${`${digit}`.repeat(16)}-01`;
const [OURS, OTHER] = [contextText(1), contextText(2)];
const context = (text: string) => parseTraceparent(text) ?? assert.fail(text);
const REMOTE = 0x200;

describe('otlp: spans of processes', () => {
  it('say what ran, and how it ended', () => {
    const span = one({ pid: 5, creator: 4, args: ['make', 'all'], comm: 'make', run: 3, exe: '/usr/bin/make' });
    assert.deepEqual([span.name, span.kind, span.hasFailed, span.flags], ['make', 1, false, 0x103]);
    assert.deepEqual([span.start, span.end], [seconds(7), seconds(10)]);
    assert.deepEqual(span.attributes, {
      'process.executable.name': 'make',
      'process.pid': 5,
      'process.parent_pid': 4,
      'process.executable.path': '/usr/bin/make',
      'process.exit.code': 0,
      'process.args_count': 2,
      'process.command_args': ['make', 'all'],
    });
  });

  it('begin with the process where it executed nothing', () => {
    const span = one({ pid: 5, from: 2 });
    assert.deepEqual([span.name, span.start], ['name', seconds(2)]);
    for (const name of ['args_count', 'command_args', 'executable.path'])
      assert.ok(!(`process.${name}` in span.attributes), name);
  });

  it('begin with what is below them where that was before they executed anything', () => {
    const shell = { pid: 5, from: 1, run: 2 };
    const fed = new Fed().tell(
      { pid: 6, creator: 5, from: 4, to: 6, run: 1 },
      { pid: 7, creator: 5, from: 6, to: 7 },
      shell,
    );
    assert.deepEqual([fed.byPid.get(5)?.start, fed.byPid.get(6)?.start], [seconds(4), seconds(5)]);
    const later = { pid: 6, creator: 5, from: 8.5, to: 9 };
    assert.equal(new Fed().tell(later, shell).byPid.get(5)?.start, seconds(8));
  });

  it('are errors where the process failed', () => {
    const failed = one({ pid: 5, exit: 2 });
    assert.deepEqual(
      [failed.hasFailed, failed.attributes['process.exit.code'], failed.attributes['error.type']],
      [true, 2, '2'],
    );
    for (const [signal, code] of [
      ['SIGKILL', 137],
      ['SIGRTMIN+3', 165],
    ] as const) {
      const { hasFailed, attributes } = one({ pid: 5, signal });
      assert.ok(hasFailed);
      assert.deepEqual(
        ['process.exit.code', 'snoopkit.process.exit.signal', 'error.type'].map((name) => attributes[name]),
        [code, signal, signal],
      );
    }
  });

  it('have whole names where the kernel cuts them', () => {
    const comm = 'a-name-that-is-';
    assert.equal(one({ pid: 5, comm, args: ['/bin/a-name-that-is-long'] }).name, 'a-name-that-is-long');
    assert.equal(one({ pid: 5, comm, args: ['-a-name-that-is-long'] }).name, 'a-name-that-is-long');
    assert.equal(one({ pid: 5, comm, args: ['another'] }).name, comm);
    assert.equal(one({ pid: 5, comm: 'sh', args: ['shell'] }).name, 'sh');
  });

  it('show of the words what may be shown', () => {
    const process = { pid: 5, args: ['mysql', '-psecret'], count: 3 };
    const redacted = one(process, { redact: ([first = '']) => [first, '***'] }).attributes;
    assert.deepEqual(redacted['process.command_args'], ['mysql', '***']);
    assert.equal(redacted['snoopkit.process.args.truncated'], true);
    const none = one(process, { redact: () => undefined }).attributes;
    assert.deepEqual([none['process.args_count'], none['process.command_args']], [3, undefined]);
  });

  it('are below that of the creator, which ends later', () => {
    const { byPid } = new Fed().tell(
      { pid: 4, creator: 3, tree: 1 },
      { pid: 3, creator: 2, tree: 1 },
      { pid: 5, creator: 2, tree: 1 },
      { pid: 2, creator: 1, tree: 1 },
      { pid: 1 },
    );
    for (const [pid, creator] of [
      [4, 3],
      [3, 2],
      [5, 2],
      [2, 1],
    ])
      assert.equal(byPid.get(pid)?.parent, byPid.get(creator)?.id, `${pid}`);
    assert.equal(byPid.get(1)?.parent, '');
    assert.equal(new Set([...byPid.values()].map(({ trace }) => trace)).size, 1);
    assert.equal(new Set([...byPid.values()].map(({ id }) => id)).size, 5);
  });

  it('find the creator that ended before', () => {
    const fed = new Fed().tell({ pid: 2, creator: 1, tree: 1 }, { pid: 3, creator: 2, ppid: 1, tree: 1 }, { pid: 1 });
    assert.equal(fed.byPid.get(3)?.parent, fed.byPid.get(2)?.id);
    fed.spans.end(seconds(20));
    assert.deepEqual([fed.read.length, fed.spans.unseen], [3, 0]);
  });

  it('are as long as they were, whatever the clock is set to meanwhile', () => {
    const fed = new Fed().tell(
      // Its creator ran something before, by a clock that was a day ahead.
      { pid: 2, creator: 1, tree: 1, from: 2, to: 3, step: 86_400 },
      { pid: 3, creator: 9, tree: 9, from: 4, to: 5, step: 86_400 },
      { pid: 1, from: 1, to: 10, run: 5 },
    );
    const { byPid } = fed;
    assert.deepEqual([byPid.get(2)?.start, byPid.get(2)?.end], [seconds(86_402), seconds(86_403)]);
    assert.deepEqual([byPid.get(1)?.start, byPid.get(1)?.end], [seconds(2), seconds(10)]);
    // The clock is set once more before the end.
    fed.spans.end(seconds(20), seconds(-1));
    const open = fed.byPid.get(9);
    assert.deepEqual([open?.start, open?.end], [seconds(3), seconds(19)]);
  });

  it('distinguish processes that had the same id', () => {
    const [first, child, second, other, root] = new Fed().tell(
      { pid: 2, key: 21, creator: 1 },
      { pid: 3, creator: 2, creatorKey: 22, tree: 1 },
      { pid: 2, key: 22, creator: 1 },
      { pid: 4, creator: 2, creatorKey: 21, ppid: 1, tree: 1 },
      { pid: 1 },
    ).read;
    assert.notEqual(first?.id, second?.id);
    assert.deepEqual([child?.parent, other?.parent], [second?.id, first?.id]);
    assert.deepEqual([first?.parent, second?.parent], [root?.id, root?.id]);
  });

  it('are of a trace for each tree, and of other ids in each run', () => {
    const trees = [{ pid: 1 }, { pid: 2 }, { pid: 3, creator: 2 }];
    const [a, b, c] = new Fed().tell(...trees).read;
    assert.notEqual(a?.trace, b?.trace);
    assert.equal(b?.trace, c?.trace);
    const [again] = new Fed().tell(...trees).read;
    assert.ok(again?.trace !== a?.trace && again?.id !== a?.id);
  });

  it('hold for 10,000 children, and for a line of as many', () => {
    const count = 10_000;
    const wide = new Fed().tell(...Array.from({ length: count }, (_, i) => ({ pid: i + 2, creator: 1 })), {
      pid: 1,
    }).read;
    const root = wide.at(-1);
    assert.ok(wide.slice(0, -1).every(({ parent, trace }) => parent === root?.id && trace === root.trace));
    assert.equal(new Set(wide.map(({ id }) => id)).size, count + 1);
    const line = Array.from({ length: count }, (_, i) => ({ pid: i + 1, ...(i > 0 && { creator: i }), tree: 1 }));
    const fed = new Fed().tell(...line.toReversed());
    const deep = fed.read;
    assert.ok(deep.every(({ parent, trace }, i) => parent === (deep[i + 1]?.id ?? '') && trace === deep[0]?.trace));
    fed.spans.end(seconds(20));
    assert.deepEqual([fed.emitted.length, fed.spans.unseen, fed.spans.forgotten], [count, 0, 0]);
  });

  describe('with TRACEPARENT', () => {
    it('belong to what it names, and so do those below', () => {
      const { byPid } = new Fed().tell(
        { pid: 3, creator: 2, tree: 1, carries: OURS, isInherited: true },
        { pid: 2, creator: 1, carries: OURS },
        { pid: 1 },
      );
      assert.deepEqual([byPid.get(2)?.trace, byPid.get(2)?.parent], ['1'.repeat(32), '1'.repeat(16)]);
      assert.deepEqual([byPid.get(3)?.trace, byPid.get(3)?.parent], ['1'.repeat(32), byPid.get(2)?.id]);
      assert.notEqual(byPid.get(1)?.trace, '1'.repeat(32));
      assert.ok((byPid.get(2)?.flags ?? 0) & REMOTE && !((byPid.get(3)?.flags ?? 0) & REMOTE));
    });

    it('belong to another one where they have that', () => {
      const { byPid } = new Fed().tell({ pid: 2, creator: 1, carries: OTHER }, { pid: 1, carries: OURS });
      assert.deepEqual([byPid.get(2)?.trace, byPid.get(2)?.parent], ['2'.repeat(32), '2'.repeat(16)]);
      assert.equal(byPid.get(1)?.trace, '1'.repeat(32));
    });

    it('go by it where it is inherited from nobody who is known', () => {
      const span = one({ pid: 2, carries: OURS, isInherited: true });
      assert.deepEqual([span.trace, span.parent], ['1'.repeat(32), '1'.repeat(16)]);
    });

    it('go by the creator where it is malformed', () => {
      const { byPid } = new Fed().tell({ pid: 2, creator: 1, carries: OURS.replace('1', 'x') }, { pid: 1 });
      assert.deepEqual([byPid.get(2)?.trace, byPid.get(2)?.parent], [byPid.get(1)?.trace, byPid.get(1)?.id]);
    });

    it('have its flags', () => {
      assert.equal(one({ pid: 2, carries: OURS.replace(/1$/, '0') }).flags, 0x300);
    });
  });

  describe('below a root', () => {
    const root = { context: context(OURS) };

    it('are all of its trace, but for those that carry another', () => {
      const { byPid } = new Fed({ root }).tell(
        { pid: 2, creator: 1 },
        { pid: 1 },
        { pid: 3 },
        { pid: 4, carries: OTHER },
      );
      assert.deepEqual(
        [1, 2, 3, 4].map((pid) => byPid.get(pid)?.trace),
        [1, 1, 1, 2].map((digit) => `${digit}`.repeat(32)),
      );
      assert.deepEqual(
        [1, 2, 3, 4].map((pid) => byPid.get(pid)?.parent),
        ['1'.repeat(16), byPid.get(1)?.id, '1'.repeat(16), '2'.repeat(16)],
      );
      assert.ok((byPid.get(3)?.flags ?? 0) & REMOTE);
    });

    it('the traced command is the root itself', () => {
      const fed = new Fed({
        root: { ...root, pid: 7, parent: context(OTHER.replaceAll('-2222222222222222', '-3333333333333333')) },
      });
      assert.deepEqual(fed.spans.contextOf(7), root.context);
      fed.tell({ pid: 8, creator: 7, key: 80, creatorKey: 70, carries: OURS, isInherited: true });
      assert.equal(fed.spans.hasRoot, false);
      fed.tell({ pid: 7, key: 70, carries: OURS }, { pid: 7, key: 71, creator: 9, carries: OURS, isInherited: true });
      assert.equal(fed.spans.hasRoot, true);
      const [child, command, later] = fed.read;
      assert.deepEqual([command?.id, command?.parent], ['1'.repeat(16), '3'.repeat(16)]);
      assert.equal(child?.parent, command?.id);
      assert.notEqual(later?.id, command?.id);
    });
  });

  it('tell what else is told of a process which span it has', () => {
    const fed = new Fed().tell({ pid: 2, creator: 1 });
    const text = (known: SpanContext | undefined) => known && formatTraceparent(known).split('-').slice(1, 3);
    const [span] = fed.read;
    assert.deepEqual(text(fed.spans.contextOf(2)), [span?.trace, span?.id]);
    assert.deepEqual(text(fed.spans.contextOf(1)), [span?.trace, span?.parent]);
    assert.equal(fed.spans.contextOf(3), undefined);
  });

  describe('at the end of tracing', () => {
    it('are there, unfinished, for those that still run and have some below them', () => {
      const fed = new Fed({ parentOf: (pid) => (pid === 2 ? 1 : 0) });
      fed.tell(
        { pid: 3, creator: 2, tree: 1, from: 4 },
        { pid: 4, creator: 2, tree: 1, from: 3 },
        { pid: 5, creator: 1 },
      );
      fed.spans.end(seconds(30));
      const { byPid } = fed;
      const [running, above] = [byPid.get(2), byPid.get(1)];
      assert.deepEqual([running?.name, running?.start, running?.end], ['comm 2', seconds(3), seconds(30)]);
      assert.equal(running?.attributes['snoopkit.span.unfinished'], true);
      assert.deepEqual([running?.parent, running?.trace], [above?.id, above?.trace]);
      assert.deepEqual([byPid.get(3)?.parent, byPid.get(5)?.parent, above?.parent], [running?.id, above?.id, '']);
      fed.spans.end(seconds(31));
      assert.equal(fed.emitted.length, 5);
    });

    it('are below what they carry', () => {
      const fed = new Fed({ parentOf: (pid) => pid - 1 });
      fed.tell(
        { pid: 9, creator: 3, tree: 1, carries: OURS, isInherited: true },
        { pid: 8, creator: 2, tree: 1, carries: OURS, isInherited: true },
        { pid: 7, creator: 1 },
      );
      fed.spans.end(seconds(30));
      const { byPid } = fed;
      assert.deepEqual(
        [3, 2, 1].map((pid) => byPid.get(pid)?.parent),
        [byPid.get(2)?.id, '1'.repeat(16), ''],
      );
    });

    it('are counted where nobody knows how they ended', () => {
      const fed = new Fed({ parentOf: () => undefined }).tell({ pid: 3, creator: 2 });
      fed.spans.end(seconds(30));
      assert.deepEqual([fed.emitted.length, fed.spans.unseen], [1, 1]);
    });

    it('are those of the latest 16,384', () => {
      const fed = new Fed();
      fed.tell(...Array.from({ length: 16_400 }, (_, i) => ({ pid: 2 * i + 1, creator: 2 * i + 2 })));
      assert.equal(fed.spans.forgotten, 16);
      fed.spans.end(seconds(30));
      assert.equal(fed.emitted.length, 16_400 + 16_384);
    });

    it('do not end before they begin', () => {
      const fed = new Fed().tell({ pid: 3, creator: 2, from: 5 });
      fed.spans.end(seconds(4));
      const { start, end } = fed.byPid.get(2) ?? assert.fail();
      assert.equal(start, end);
    });
  });
});
