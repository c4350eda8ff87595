import assert from 'node:assert/strict';
import { needs } from '../capability.js';
import { Collector } from '../helpers/otelcol.js';
import { expectedAttributes, type Told, unixNano } from '../helpers/otlp-expected.js';
import { ACCOUNT, plainEnvironment } from '../helpers/otlp-run.js';
import { decodedRequest, OtlpHttpServer } from '../helpers/otlp-server.js';
import { PRINTK } from '../helpers/run.js';
import { socketsWords } from '../helpers/sockets.js';
import { loadTool } from '../helpers/tools.js';
import { Trace } from '../helpers/trace.js';

interface Line {
  event: string;
  time: string;
  [column: string]: unknown;
}

interface Log {
  timeUnixNano: string;
  observedTimeUnixNano: string;
  severityNumber: number;
  eventName: string;
  attributes: { key: string; value: Told }[];
}

interface Request {
  resourceLogs?: { scopeLogs: { scope: { name: string }; logRecords: Log[] }[] }[];
}

/** Where records arrive, and how they are told to go there. */
interface Receiver {
  readonly flags: readonly string[];
  received(): Request[];
}

const DURATIONS = new Set(['age', 'run_time', 'cpu_time', 'latency', 'duration', 'srtt', 'lasted']);
const PAIR = 'listen 0 127.0.0.1 0 connect 1 127.0.0.1 @0 accept 2 0';

/** Tools, and what each is to see. */
const RUNS: readonly (readonly [tool: string, flags: readonly string[], command: readonly string[]])[] = [
  [
    'opensnoop',
    ['--full-path'],
    ['sh', '-c', 'cat /etc/hostname /no/such/file 2>/dev/null; cat "$(printf "/\\377")" 2>/dev/null'],
  ],
  [
    'execsnoop',
    ['-f', '--otlp-args', 'full'],
    ['sh', '-c', 'true; env A=b true a "b c" "" ; /no/such/program 2>/dev/null; exit 3'],
  ],
  ['exitsnoop', ['-f'], ['sh', '-c', '(exit 3); sh -c "kill -9 \\$\\$"; true']],
  ['procsnoop', ['-f', '--otlp-args', 'full'], ['sh', '-c', '(exit 3); env sh -c "kill -9 \\$\\$"; true']],
  ['forksnoop', ['-f', '--threads'], ['sh', '-c', '(true); ls / >/dev/null; true']],
  [
    'filesnoop',
    ['-f'],
    [
      'sh',
      '-c',
      'd=$(mktemp -d); : >$d/f; chmod 600 $d/f; chown 1:2 $d/f; truncate -s 9 $d/f; ln -s x $d/s; mv $d/f $d/g; rm -r $d; rm /no/such 2>/dev/null; true',
    ],
  ],
  ['sigsnoop', [], ['sh', '-c', 'kill -0 $$; kill -CONT $$']],
  ['tcpconnect', [], socketsWords(PAIR, 'connect 3 127.0.0.1 1')],
  ['tcpaccept', [], socketsWords(PAIR)],
  ['tcplife', [], socketsWords(PAIR, 'send 1 1000 recv 2 1000 close 1 close 2')],
  ['tcpstates', [], socketsWords(PAIR, 'close 1 await-state 2 CLOSE_WAIT close 2 close 0')],
  ['bindsnoop', [], socketsWords('bind 0 127.0.0.1 0')],
  ['solisten', [], socketsWords('listen 0 127.0.0.1 0')],
  ['tracepipe', [], [...PRINTK, 'write_lines_with_a_long_name', 'write_other_line']],
];

const logsOf = (requests: readonly Request[]): Log[] =>
  requests.flatMap(({ resourceLogs = [] }) =>
    resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
  );

/** That the records are what JSON shows of the same run, one by one. */
async function compare(tool: string, lines: readonly Line[], logs: readonly Log[]): Promise<void> {
  const { otlp = {}, event } = await loadTool(tool);
  assert.ok(lines.length > 0, 'something was to be seen');
  assert.deepEqual(
    logs.map(({ eventName, timeUnixNano }) => [eventName, timeUnixNano]),
    lines.map(({ time }) => [`snoopkit.${otlp.event ?? event.name}`, unixNano(time)]),
  );
  logs.forEach(({ attributes, observedTimeUnixNano, timeUnixNano, severityNumber }, i) => {
    const line = lines[i] as Line;
    assert.ok(BigInt(observedTimeUnixNano) >= BigInt(timeUnixNano), 'it was read after it had happened');
    const own = attributes.filter(({ key }) => !/^(container|k8s)\./.test(key));
    assert.equal(new Set(attributes.map(({ key }) => key)).size, attributes.length, 'no attribute twice');
    const told = Object.fromEntries(own.map(({ key, value }) => [key, value]));
    assert.deepEqual(told, expectedAttributes(line, otlp, { durations: DURATIONS, wide: new Set() }));
    if (otlp.warns === undefined) assert.equal(severityNumber, line.error === undefined ? 9 : 13);
  });
}

describe('--output otlp', () => {
  before(function () {
    needs(this, 'root');
  });

  function tells(receiver: () => Receiver, runs = RUNS): void {
    for (const [tool, flags, command] of runs)
      it(`tells of ${tool} what JSON tells`, async () => {
        const trace = new Trace<Line>(tool);
        try {
          const all = [...flags, '--otlp', ...receiver().flags];
          const { events } = await trace.run(all, command, { maySay: ACCOUNT, env: plainEnvironment() });
          await compare(tool, events, logsOf(receiver().received()));
        } finally {
          trace.remove();
        }
      });
  }

  describe('to a server', () => {
    let server: OtlpHttpServer;
    before(async () => {
      server = await OtlpHttpServer.start();
    });
    after(() => server?.stop());
    tells(() => ({
      flags: ['--otlp-endpoint', server.url().origin],
      received: () =>
        server.requests
          .splice(0)
          .filter(({ path }) => path === '/v1/logs')
          .map(({ body }) => decodedRequest('logs', body)),
    }));
  });

  describe("to OpenTelemetry's collector", () => {
    let collector: Collector;
    before(async function () {
      needs(this, 'otelcol');
      collector = await Collector.start();
    });
    after(() => collector?.stop());
    const received = () =>
      collector.received().flatMap(({ path, json }) => (path === '/v1/logs' ? [json as Request] : []));
    for (const [protocol, compression, runs] of [
      ['http/protobuf', 'none', RUNS],
      ['http/json', 'gzip', RUNS.slice(0, 2)],
      ['grpc', 'gzip', RUNS.slice(0, 4)],
      ['grpc', 'none', RUNS.slice(0, 1)],
    ] as const)
      describe(`by ${protocol}, compression ${compression}`, () => {
        tells(() => {
          const url = collector.url(protocol === 'grpc' ? 'grpc' : 'http').origin;
          const flags = ['--otlp-protocol', protocol, '--otlp-compression', compression, '--otlp-endpoint', url];
          return { flags, received };
        }, runs);
      });
  });
});
