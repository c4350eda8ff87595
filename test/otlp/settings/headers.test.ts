import assert from 'node:assert/strict';
import { parseHeaders } from '../../../src/otlp/settings/headers.js';
import { otlpSettings } from '../../../src/otlp/settings/settings.js';

const GENERAL = 'OTEL_EXPORTER_OTLP_HEADERS';
const OWN = 'OTEL_EXPORTER_OTLP_LOGS_HEADERS';
const NO_NAME = 'needs a name of letters, digits, "-", "_" and "."';
const OURS = 'names a header that snoopkit sets itself';

describe('output: otlp: headers', () => {
  for (const [text, expected] of [
    ['', {}],
    ['k=v', { k: 'v' }],
    ['k=v,k2=v2', { k: 'v', k2: 'v2' }],
    [' k = v , k2\t=\tv2 ', { k: 'v', k2: 'v2' }],
    ['Authorization=Basic dTpw==', { authorization: 'Basic dTpw==' }],
    ['k=a%2Cb%3Dc%20d%25', { k: 'a,b=c d%' }],
    ['k=%20v', { k: ' v' }],
    ['k=', { k: '' }],
    ['k=v;not=metadata', { k: 'v;not=metadata' }],
    ['k=1,K=2', { k: '2' }],
    ['k=v,,', { k: 'v' }],
    ['x-_.0=v', { 'x-_.0': 'v' }],
  ] as const)
    it(`are ${JSON.stringify(expected)} for '${text}'`, () => {
      const { headers, mistakes } = parseHeaders(text);
      assert.deepEqual([Object.fromEntries(headers), mistakes], [expected, []]);
    });

  for (const [pair, mistake] of [
    ['s3cret', 'has no ='],
    ['=s3cret', NO_NAME],
    ['s3 cret=s3cret', NO_NAME],
    ['s3%63ret=s3cret', NO_NAME],
    ['k\u00e9=s3cret', NO_NAME],
    ['k=s3cret%', 'has invalid percent-encoding'],
    ['k=s3cret%ff', 'has invalid percent-encoding'],
    ['k=s3cret%0d%0aEvil:%201', 'has a value that is not allowed in a header'],
    ['k=s3cret\u00e9', 'has a value that is not allowed in a header'],
    ['Content-Length=s3cret', OURS],
    ['content-type=s3cret', OURS],
    ['content-encoding=s3cret', OURS],
    ['transfer-encoding=s3cret', OURS],
    ['expect=s3cret', OURS],
    ['connection=s3cret', OURS],
    ['keep-alive=s3cret', OURS],
    ['proxy-connection=s3cret', OURS],
    ['upgrade=s3cret', OURS],
    ['te=s3cret', OURS],
    ['grpc-timeout=s3cret', OURS],
  ] as const)
    it(`leave out '${pair}', and tell why without it`, () => {
      const { routes, warnings } = otlpSettings({ [GENERAL]: `a=1,${pair},b=2`, OTEL_METRICS_EXPORTER: 'none' }, {});
      for (const signal of ['logs', 'traces'] as const)
        assert.deepEqual(Object.fromEntries(routes[signal]?.headers ?? []), { a: '1', b: '2' });
      // Once, though two signals ask.
      assert.deepEqual(warnings, [`${GENERAL}: pair 2 ${mistake}, ignored`]);
    });

  it('for all signals and for one are merged, where the latter win, and the flags over both', () => {
    const variables = { [GENERAL]: 'a=general,b=general,c=general', [OWN]: 'B=own,c=own,d=own' };
    const { routes } = otlpSettings(variables, { headers: new Map([['c', 'flag']]) });
    assert.deepEqual(Object.fromEntries(routes.logs?.headers ?? []), { a: 'general', b: 'own', c: 'flag', d: 'own' });
    assert.deepEqual(Object.fromEntries(routes.traces?.headers ?? []), { a: 'general', b: 'general', c: 'flag' });
  });

  it('are told apart by the variable that is wrong', () => {
    const { warnings } = otlpSettings({ [GENERAL]: 'x', [OWN]: 'a=1,y' }, {});
    assert.deepEqual(warnings, [`${GENERAL}: pair 1 has no =, ignored`, `${OWN}: pair 2 has no =, ignored`]);
  });
});
