import assert from 'node:assert/strict';
import { otlpSettings } from '../../../src/otlp/settings/settings.js';

const VARIABLE = 'OTEL_RESOURCE_ATTRIBUTES';
const resource = (text: string) => {
  const settings = otlpSettings({ [VARIABLE]: text }, {});
  return { attributes: settings.resource.map(({ key, value }) => [key, value]), warnings: settings.warnings };
};

describe('output: otlp: the resource', () => {
  for (const [text, attributes] of [
    ['', []],
    ['a=b', [['a', 'b']]],
    [
      'a=1,b=true',
      [
        ['a', '1'],
        ['b', 'true'],
      ],
    ],
    [
      ' a = b , c=d ',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a%2Cb=c%3Dd%20%C3%A9', [['a,b', 'c=d \u00e9']]],
    ['a=', [['a', '']]],
    ['a=b,', [['a', 'b']]],
    [
      'a=1,b=2,a=3',
      [
        ['a', '3'],
        ['b', '2'],
      ],
    ],
  ] as const)
    it(`is ${JSON.stringify(attributes)} for '${text}'`, () =>
      assert.deepEqual(resource(text), { attributes, warnings: [] }));

  for (const [pair, mistake] of [
    ['b', 'has no ='],
    ['=b', 'has no name'],
    ['b=%', 'has invalid percent-encoding'],
    ['b=%ff', 'has invalid percent-encoding'],
    ['%zz=b', 'has invalid percent-encoding'],
    ['b=c=d', 'has more than one =, encode = in a value as %3D'],
  ] as const)
    it(`is nothing, with a warning, where one pair is '${pair}'`, () =>
      assert.deepEqual(resource(`a=1,${pair},service.name=x`), {
        attributes: [],
        warnings: [`${VARIABLE}: ignored, pair 2 ${mistake}`],
      }));

  it('has the name of the service from the flag, its own variable, the attributes, or ours, in this order', () => {
    const name = (variables: Record<string, string>, flags = {}) => {
      const { serviceName, resource } = otlpSettings(variables, flags);
      assert.ok(resource.every(({ key }) => key !== 'service.name'));
      return serviceName;
    };
    const attributes = { [VARIABLE]: 'service.name=attribute' };
    const both = { ...attributes, OTEL_SERVICE_NAME: 'variable%20' };
    const flag = { resource: [{ key: 'service.name', value: 'flag' }] };
    assert.deepEqual(
      [name({}), name(attributes), name(both), name(both, flag), name({ ...attributes, OTEL_SERVICE_NAME: '' })],
      ['snoopkit', 'attribute', 'variable%20', 'flag', 'attribute'],
    );
    assert.equal(name({ [VARIABLE]: 'service.name=' }), 'snoopkit');
    assert.equal(name({ [VARIABLE]: 'service.name=x,bad', OTEL_SERVICE_NAME: 'variable' }), 'variable');
  });

  it('has attributes of the flag over those of the variable', () => {
    const { resource } = otlpSettings(
      { [VARIABLE]: 'a=1,b=2' },
      {
        resource: [
          { key: 'b', value: '3' },
          { key: 'c', value: '4' },
        ],
      },
    );
    assert.deepEqual(resource, [
      { key: 'a', value: '1' },
      { key: 'b', value: '3' },
      { key: 'c', value: '4' },
    ]);
  });
});
