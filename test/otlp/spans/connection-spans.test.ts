import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Column, EventRecord } from '../../../src/events/column.js';
import { type ConnectionSpanOptions, ConnectionSpans } from '../../../src/otlp/spans/connection-spans.js';
import { EnvironmentContexts } from '../../../src/otlp/spans/environment-contexts.js';
import type { Span } from '../../../src/otlp/spans/span.js';
import { formatTraceparent, parseTraceparent } from '../../../src/otlp/spans/trace-context.js';
import { keyValue } from '../../../src/otlp/values.js';
import { Running } from '../../helpers/run.js';
import { readSpans } from './spans.js';

const record = new EventRecord();
const CONNECTION = {
  time: 5_000_000_000n,
  duration: 2_000_000_000n as bigint | undefined,
  pid: 7,
  role: 'client',
  close: 'fin',
  closed_by: 'us',
  local_port: 40_000,
  remote_port: 443,
};
const OURS = `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01`;
const ours = parseTraceparent(OURS) ?? assert.fail();

function feed(told: Partial<typeof CONNECTION>, options: Partial<ConnectionSpanOptions> = {}) {
  const columns = Object.entries({ ...CONNECTION, ...told }).map(([name, value]) => ({ name, value: () => value }));
  const emitted: Span[] = [];
  const spans = new ConnectionSpans(columns as unknown as Column[], {
    emit: (span) => emitted.push(span),
    attributesOf: () => [],
    contextOf: () => undefined,
    ...options,
  });
  const context = spans.event(record);
  return { span: readSpans(emitted)[0], context, spans };
}

describe('otlp: spans of connections', () => {
  it('are of a kind and a name by who began', () => {
    for (const [role, kind, name] of [
      ['client', 3, 'tcp 443'],
      ['server', 2, 'tcp 40000'],
      ['unknown', 1, 'tcp'],
    ] as const) {
      const { span } = feed({ role });
      assert.deepEqual([span?.kind, span?.name], [kind, name]);
    }
  });

  it('last as long as the connection', () => {
    const { span } = feed({});
    assert.deepEqual([span?.start, span?.end], [3_000_000_000n, 5_000_000_000n]);
    assert.deepEqual([span?.parent, span?.flags, span?.hasFailed], ['', 0x103, false]);
  });

  it('are left out, and counted, where nobody knows when it began', () => {
    const { span, context, spans } = feed({ duration: undefined });
    assert.deepEqual([span, context, spans.withoutStart], [undefined, undefined, 1]);
  });

  it('are errors where the other end reset it, or was silent', () => {
    for (const [close, closed_by, error] of [
      ['rst', 'peer', 'ECONNRESET'],
      ['timeout', 'us', 'ETIMEDOUT'],
      ['rst', 'us', undefined],
      ['fin', 'peer', undefined],
    ] as const) {
      const { span } = feed({ close, closed_by });
      assert.deepEqual([span?.hasFailed, span?.attributes['error.type']], [error !== undefined, error]);
    }
  });

  it('have the attributes of the log record, each once', () => {
    const attributesOf = () => [keyValue('snoopkit.tcp.bytes_sent', 12), keyValue('error.type', 'rst')];
    const { span } = feed({ close: 'timeout' }, { attributesOf });
    assert.deepEqual(span?.attributes, { 'snoopkit.tcp.bytes_sent': 12, 'error.type': 'ETIMEDOUT' });
  });

  it('are below what their process names, or else below the root, or of their own', () => {
    const root = parseTraceparent(OURS.replaceAll('1', '2')) ?? assert.fail();
    const below = feed({}, { root, contextOf: (pid) => (pid === 7 ? ours : undefined) });
    assert.deepEqual(
      [below.span?.trace, below.span?.parent, below.span?.flags],
      ['1'.repeat(32), '1'.repeat(16), 0x301],
    );
    assert.equal(Buffer.from(below.context?.spanId ?? []).toString('hex'), below.span?.id);
    assert.equal(feed({ pid: 8 }, { root, contextOf: () => undefined }).span?.parent, '2'.repeat(16));
    assert.notEqual(feed({}).span?.trace, feed({}).span?.trace);
  });
});

describe('otlp: trace contexts in environments', () => {
  let proc: string;
  before(() => {
    proc = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  });
  after(() => rmSync(proc, { recursive: true }));

  function write(pid: number, start: number, environ: string): void {
    mkdirSync(join(proc, `${pid}`), { recursive: true });
    const fields = Array.from({ length: 50 }, (_, i) => (i === 19 ? start : i));
    writeFileSync(join(proc, `${pid}`, 'stat'), `${pid} (a) b) ${fields.join(' ')}`);
    writeFileSync(join(proc, `${pid}`, 'environ'), environ);
  }
  const shown = (contexts: EnvironmentContexts, pid: number) => {
    const context = contexts.contextOf(pid);
    return context && formatTraceparent(context);
  };

  it('are found as whole variables', () => {
    const contexts = new EnvironmentContexts(proc);
    for (const [i, [environ, expected]] of [
      [`TRACEPARENT=${OURS}\0`, OURS],
      [`A=b\0TRACEPARENT=${OURS}\0C=d\0`, OURS],
      [`XTRACEPARENT=${OURS}\0`, undefined],
      ['A=b\0', undefined],
      ['TRACEPARENT=nonsense\0', undefined],
      ['', undefined],
    ].entries()) {
      write(i + 1, 1, environ as string);
      assert.equal(shown(contexts, i + 1), expected, environ);
    }
  });

  it('are read once for each process, and kept when that is gone', () => {
    const contexts = new EnvironmentContexts(proc);
    write(100, 1, `TRACEPARENT=${OURS}\0`);
    assert.equal(shown(contexts, 100), OURS);
    write(100, 1, '');
    assert.equal(shown(contexts, 100), OURS);
    rmSync(join(proc, '100'), { recursive: true });
    assert.equal(shown(contexts, 100), OURS);
    write(100, 2, '');
    assert.equal(shown(contexts, 100), undefined);
    assert.equal(shown(contexts, 101), undefined);
  });

  it('are those of real processes', async () => {
    const child = new Running('sh', ['-c', 'echo there; read line'], { env: { ...process.env, TRACEPARENT: OURS } });
    try {
      await child.says(/there/, 'stdout');
      assert.equal(shown(new EnvironmentContexts(), child.child.pid ?? 0), OURS);
    } finally {
      child.kill();
    }
  });
});
