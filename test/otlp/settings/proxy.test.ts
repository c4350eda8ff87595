import assert from 'node:assert/strict';
import { SnoopkitError } from '../../../src/errors.js';
import { Environment } from '../../../src/otlp/settings/environment.js';
import { proxyFor } from '../../../src/otlp/settings/proxy.js';
import { otlpSettings } from '../../../src/otlp/settings/settings.js';

const proxy = (url: string, variables: Readonly<Record<string, string>>) =>
  proxyFor(new URL(url), new Environment(variables))?.href;
const P = 'http://proxy:3128/';
const Q = 'http://other:3128/';

describe('output: otlp: proxies', () => {
  for (const [url, variables, expected] of [
    ['http://c', {}, undefined],
    ['http://c', { http_proxy: P }, P],
    ['http://c', { HTTP_PROXY: P }, undefined],
    ['http://c', { https_proxy: P, HTTPS_PROXY: P }, undefined],
    ['https://c', { https_proxy: P }, P],
    ['https://c', { HTTPS_PROXY: P }, P],
    ['https://c', { https_proxy: P, HTTPS_PROXY: Q }, P],
    ['https://c', { https_proxy: '', HTTPS_PROXY: Q }, Q],
    ['https://c', { http_proxy: P }, undefined],
    ['http://localhost:4318', { http_proxy: P }, P],
    ['http://127.0.0.1:4318', { http_proxy: P }, P],
    ['http://c', { http_proxy: 'proxy:3128' }, P],
    ['http://c', { http_proxy: 'HTTP://u:p@proxy' }, 'http://u:p@proxy/'],
    ['http://c', { http_proxy: P, no_proxy: 'c' }, undefined],
    ['http://c', { http_proxy: P, NO_PROXY: 'c' }, undefined],
    ['http://c', { http_proxy: P, no_proxy: 'd', NO_PROXY: 'c' }, P],
  ] as const)
    it(`are ${expected} for ${url} and ${JSON.stringify(variables)}`, () =>
      assert.equal(proxy(url, variables), expected));

  for (const [entry, url, isDirect] of [
    ['*', 'http://c', true],
    ['a, *', 'http://c', true],
    ['example.com', 'http://example.com', true],
    ['EXAMPLE.com', 'http://Example.COM', true],
    ['example.com', 'http://c.example.com', true],
    ['.example.com', 'http://c.example.com', true],
    ['.example.com', 'http://example.com', true],
    ['*.example.com', 'http://c.example.com', true],
    ['example.com.', 'http://example.com', true],
    ['example.com', 'http://example.com.', true],
    ['example.com', 'http://notexample.com', false],
    ['example.com', 'http://example.com.evil', false],
    ['a,b c\tcollector', 'http://collector', true],
    ['.', 'http://c', false],
    ['c:4318', 'http://c:4318', true],
    ['c:4318', 'http://c:4319', false],
    ['c:4318', 'http://x.c:4318', true],
    ['c:80', 'http://c', true],
    ['c:443', 'http://c', false],
    ['10.0.0.1', 'http://10.0.0.1', true],
    ['10.0.0.1', 'http://10.0.0.10', false],
    ['1', 'http://10.0.0.1', false],
    ['0.0.1', 'http://10.0.0.1', false],
    ['10.0.0.1:4318', 'http://10.0.0.1:4318', true],
    ['10.0.0.1:4318', 'http://10.0.0.1', false],
    ['10.0.0.0/8', 'http://10.200.0.1:4318', true],
    ['10.0.0.0/8', 'http://11.0.0.1', false],
    ['10.0.0.0/8', 'http://c', false],
    ['10.0.0.0/33', 'http://10.0.0.0', false],
    ['10.0.0.0/', 'http://11.0.0.1', false],
    ['10.0.0.0/x', 'http://10.0.0.0', false],
    ['0.0.0.0/0', 'http://10.0.0.0', true],
    ['::1', 'http://[::1]:4318', true],
    ['[::1]', 'http://[::1]:4318', true],
    ['[::1]:4318', 'http://[::1]:4318', true],
    ['[::1]:4318', 'http://[::1]:4319', false],
    ['0:0::1', 'http://[::1]', true],
    ['fd00::/8', 'http://[fd12::1]', true],
    ['fd00::/8', 'http://[fe80::1]', false],
    ['fe80::1%eth0', 'http://[fe80::1]', false],
    ['::/0', 'http://10.0.0.1', false],
  ] as const)
    it(`${isDirect ? 'leave out' : 'are used for'} ${url} with no_proxy='${entry}'`, () =>
      assert.equal(proxy(url, { http_proxy: P, no_proxy: entry }), isDirect ? undefined : P));

  for (const text of [
    'https://u:s3cret@proxy',
    'socks5://u:s3cret@proxy:1080',
    'http://u:s3cret@',
    'u:s3cret@proxy:99999',
    'http:///s3cret',
  ])
    it(`can't be '${text.replace('s3cret', '...')}', and what is secret in that is not told`, () => {
      assert.throws(
        () => otlpSettings({ http_proxy: text }, {}),
        (error: unknown) =>
          error instanceof SnoopkitError &&
          /^http_proxy: not an http:\/\/ proxy, [^\n]*$/.test(error.message) &&
          !/s3cret/.test(error.message),
      );
      // Where none is needed, none is looked at.
      assert.equal(otlpSettings({ http_proxy: text, no_proxy: 'localhost' }, {}).routes.logs?.proxy, undefined);
    });

  it('are found by the URL of each signal', () => {
    const { routes } = otlpSettings({ https_proxy: P, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c' }, {});
    assert.deepEqual([routes.logs?.proxy?.href, routes.traces?.proxy?.href], [undefined, P]);
  });
});
