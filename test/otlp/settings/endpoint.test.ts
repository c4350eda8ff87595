import assert from 'node:assert/strict';
import { SnoopkitError } from '../../../src/errors.js';
import type { OtlpFlagValues } from '../../../src/otlp/settings/flag-values.js';
import { otlpSettings } from '../../../src/otlp/settings/settings.js';
import { SIGNALS, type Signal } from '../../../src/otlp/types.js';

type Variables = Readonly<Record<string, string>>;

const route = (variables: Variables, flags: OtlpFlagValues = {}, signal: Signal = 'logs') => {
  const { routes } = otlpSettings(variables, flags);
  const found = routes[signal];
  assert.ok(found);
  return found;
};
const url = (variables: Variables, flags: OtlpFlagValues = {}, signal: Signal = 'logs') =>
  route(variables, flags, signal).url.href;

const BASE = 'OTEL_EXPORTER_OTLP_ENDPOINT';
const LOGS = 'OTEL_EXPORTER_OTLP_LOGS_ENDPOINT';
const GRPC = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' };
const INSECURE = 'OTEL_EXPORTER_OTLP_INSECURE';

describe('output: otlp: endpoints', () => {
  it('are those of a collector on this machine when nothing is said', () => {
    assert.deepEqual(
      SIGNALS.map((signal) => url({}, {}, signal)),
      ['logs', 'traces', 'metrics'].map((name) => `http://localhost:4318/v1/${name}`),
    );
    assert.equal(url(GRPC), 'http://localhost:4317/');
    assert.equal(url({ ...GRPC, [BASE]: '', [LOGS]: ' ' }), 'http://localhost:4317/');
  });

  for (const [base, expected] of [
    ['http://c:4318', 'http://c:4318/v1/logs'],
    ['http://c:4318/', 'http://c:4318/v1/logs'],
    ['http://c:4318/mycollector', 'http://c:4318/mycollector/v1/logs'],
    ['http://c:4318/mycollector/', 'http://c:4318/mycollector/v1/logs'],
    ['http://c:4318/a//', 'http://c:4318/a/v1/logs'],
    ['http://c', 'http://c/v1/logs'],
    ['https://c', 'https://c/v1/logs'],
    ['https://c:443', 'https://c/v1/logs'],
    ['HTTPS://C.example:8443/x', 'https://c.example:8443/x/v1/logs'],
    ['http://[::1]:4318', 'http://[::1]:4318/v1/logs'],
    ['http://c/x?tenant=1', 'http://c/x/v1/logs?tenant=1'],
    ['http://c/v1/logs', 'http://c/v1/logs/v1/logs'],
  ] as const) {
    it(`add the signal to ${base}`, () => {
      assert.equal(url({ [BASE]: base }), expected);
      assert.equal(url({}, { endpoint: base }), expected);
      assert.equal(url({ [BASE]: base }, {}, 'metrics'), expected.replace(/logs(\?|$)/, 'metrics$1'));
    });
  }

  for (const [path, end] of [
    ['/v1/logs', '/v1/logs'],
    ['/tenant/v1/traces/', '/v1/traces'],
    ['/v1/metrics?a=b', '/v1/metrics'],
  ] as const)
    it(`warn once of ${path} where it is for all signals`, () => {
      const text = `http://me:s3cret@c:4318${path}`;
      const line = `ends in ${end}, but requests go to paths below it, such as ${end}/v1/logs: remove ${end}`;
      assert.deepEqual(otlpSettings({}, { endpoint: text }).warnings, [`endpoint: ${line}`]);
      assert.deepEqual(otlpSettings({ [BASE]: text }, {}).warnings, [`${BASE}: ${line}`]);
      assert.deepEqual(otlpSettings({ [LOGS]: text }, {}).warnings, []);
      assert.deepEqual(otlpSettings({}, { endpoint: text, protocol: 'grpc' }).warnings, []);
    });

  it('warn of no other path', () => {
    for (const path of ['', '/', '/v1', '/v1/logsink', '/v1/logs/x', '/xv1/logs', '/?x=/v1/logs', '/#/v1/logs'])
      assert.deepEqual(otlpSettings({}, { endpoint: `http://c:4318${path}` }).warnings, [], path);
  });

  for (const [own, expected] of [
    ['http://c:4318', 'http://c:4318/'],
    ['http://c', 'http://c/'],
    ['https://c/logs', 'https://c/logs'],
    ['http://c:4318/v1/logs/', 'http://c:4318/v1/logs/'],
  ] as const)
    it(`take ${own} for one signal as it is`, () => {
      const variables = { [BASE]: 'http://base:1', [LOGS]: own };
      assert.equal(url(variables), expected);
      assert.equal(url(variables, {}, 'traces'), 'http://base:1/v1/traces');
    });

  for (const [text, expected] of [
    ['http://c/a/../b', '/a/../b'],
    ['http://c/./x/%2e%2E/', '/./x/%2e%2E/'],
    ['http://c/{tenant}/"q"|^`', '/{tenant}/"q"|^`'],
    ['http://c//a//', '//a//'],
    ['http://c/a\\b', '/a\\b'],
    ["http://c/?q={x}&y='z'#part", "/?q={x}&y='z'"],
    ['http://c?a=/..', '/?a=/..'],
    ['http://c/gr\u00fc\u00dfe n', '/gr%C3%BC%C3%9Fe%20n'],
    ['http://user:p@c/~x', '/~x'],
  ] as const)
    it(`ask for ${text} as it was given`, () => {
      const { path, url } = route({ [LOGS]: text });
      assert.equal(path, expected);
      assert.equal(url.host, 'c');
      const [before = '', query = ''] = expected.split(/(?=\?)/);
      const below = `${before.replace(/\/+$/, '')}/v1/logs${query}`;
      assert.equal(route({ [BASE]: text }).path, below);
      assert.equal(route({}, { endpoint: text }).path, below);
    });

  for (const [text, host, target] of [
    ['dns:///c:4317', 'c:4317', undefined],
    ['dns:c:4317', 'c:4317', undefined],
    ['DNS:///[::1]:4317', '[::1]:4317', undefined],
    ['dns://127.0.0.1:53/c:4317', 'c:4317', 'dns://127.0.0.1:53/c:4317'],
    ['unix:/run/otel.sock', 'localhost', 'unix:/run/otel.sock'],
    ['unix:///run/otel.sock', 'localhost', 'unix:/run/otel.sock'],
    ['unix:otel.sock', 'localhost', 'unix:otel.sock'],
    ['ipv4:10.0.0.1:4317,10.0.0.2:4317', '10.0.0.1:4317', 'ipv4:10.0.0.1:4317,10.0.0.2:4317'],
    ['ipv6:[::1]:4317', '[::1]:4317', 'ipv6:[::1]:4317'],
  ] as const)
    it(`of gRPC may be ${text}`, () => {
      const secure = route({ ...GRPC, [BASE]: text });
      assert.deepEqual([secure.url.protocol, secure.url.host, secure.target], ['https:', host, target]);
      assert.equal(route({ ...GRPC, [BASE]: text, [INSECURE]: 'true' }).url.protocol, 'http:');
    });

  it('of the flag win, and are those of all signals', () => {
    const variables = { [BASE]: 'http://base:1', [LOGS]: 'http://own:1/x' };
    assert.equal(url(variables, { endpoint: 'http://flag:1' }), 'http://flag:1/v1/logs');
  });

  for (const [text, isInsecure, scheme, port] of [
    ['http://c:4317', 'false', 'http:', '4317'],
    ['https://c:4317', 'true', 'https:', '4317'],
    ['https://c:4317/ignored', 'true', 'https:', '4317'],
    ['c:4317', 'false', 'https:', '4317'],
    ['c:4317', 'TRUE', 'http:', '4317'],
    ['c:4317', 'yes', 'https:', '4317'],
    ['c', 'true', 'http:', ''],
    ['127.0.0.1:4317', 'true', 'http:', '4317'],
    ['[::1]:4317', 'true', 'http:', '4317'],
  ] as const)
    it(`of gRPC are ${scheme}//...:${port} for ${text}, ${INSECURE}=${isInsecure}`, () => {
      for (const name of [BASE, LOGS]) {
        const { protocol, host } = route({ ...GRPC, [name]: text, [INSECURE]: isInsecure }).url;
        assert.deepEqual([protocol, host.endsWith(`:${port}`) || port === ''], [scheme, true]);
      }
    });

  it('of gRPC know insecure from the flag, the variable of the signal, and that of all, in this order', () => {
    const bare = { ...GRPC, [BASE]: 'c:1' };
    const own = 'OTEL_EXPORTER_OTLP_LOGS_INSECURE';
    assert.equal(url({ ...bare, [INSECURE]: 'true', [own]: 'false' }), 'https://c:1/');
    assert.equal(url({ ...bare, [INSECURE]: 'false', [own]: 'true' }), 'http://c:1/');
    assert.equal(url({ ...bare, [INSECURE]: 'true', [own]: 'false' }, {}, 'traces'), 'http://c:1/');
    assert.equal(url({ ...bare, [own]: 'false' }, { isInsecure: true }), 'http://c:1/');
  });

  const bad = [
    'localhost:4318',
    'c',
    'ftp://c',
    'http://',
    'http:///x',
    'http:c',
    'http://a b',
    'http://c:99999',
    '//c',
  ];
  const badForGrpc = [
    'unix:',
    'unix://x/y',
    'dns:',
    'dns:c:x',
    'xds:///c',
    'ipv4:',
    'http:c',
    'c:x',
    ':1',
    'c:99999',
    'c:1/path',
    'a b:1',
    '::1',
    'u@c:1',
  ];
  for (const [texts, protocol] of [
    [bad, 'http/protobuf'],
    [badForGrpc, 'grpc'],
  ] as const)
    for (const text of texts)
      it(`of ${protocol} are not '${text}', and that is told before anything starts`, () => {
        const isFor = (name: string, type: 'SnoopkitError' | 'UsageError') => (error: unknown) => {
          assert.ok(error instanceof SnoopkitError && error.name === type, String(error));
          assert.match(
            error.message,
            new RegExp(`^${name}: (not an https?://|not HOST:PORT, a URL)[^\n]*such as [^\n]*$`),
          );
          return true;
        };
        for (const name of [BASE, LOGS])
          assert.throws(
            () => otlpSettings({ OTEL_EXPORTER_OTLP_PROTOCOL: protocol, [name]: text }, {}),
            isFor(name, 'SnoopkitError'),
          );
        assert.throws(() => otlpSettings({}, { endpoint: text, protocol }), isFor('endpoint', 'UsageError'));
      });

  it('keep a password for the headers, out of the URL and of every error', () => {
    const { url, headers } = route({ [BASE]: 'http://me%40x:s3cret%20@c:1/x' });
    assert.equal(url.href, 'http://c:1/x/v1/logs');
    assert.equal(headers.get('authorization'), `Basic ${Buffer.from('me@x:s3cret ').toString('base64')}`);
    const named = route({ [BASE]: 'http://me:s3cret@c', OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer x' });
    assert.equal(named.headers.get('authorization'), 'Bearer x');
    for (const text of ['http://me:s3cret@', 'http://me:s3cret@c:99999', 'http://me:s3cret%zz@c', 'me:s3cret@c'])
      assert.throws(
        () => otlpSettings({ [BASE]: text }, {}),
        ({ message }: Error) => message.startsWith(`${BASE}: `) && !message.includes('s3cret'),
      );
  });
});
