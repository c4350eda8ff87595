import assert from 'node:assert/strict';
import { instanceId, resourceAttributes } from '../../src/otlp/resource.js';

describe('output: OTLP, the resource', () => {
  it('has an instance that is the same for a machine and a tool', () => {
    const id = instanceId('0123', 'opensnoop');
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(instanceId('0123', 'opensnoop'), id);
    assert.notEqual(instanceId('0123', 'execsnoop'), id);
    assert.notEqual(instanceId('0124', 'opensnoop'), id);
    assert.notEqual(instanceId(undefined, 'opensnoop'), instanceId(undefined, 'opensnoop'));
  });

  it('has the instance that a user gives', () => {
    const given = [{ key: 'service.instance.id', value: 'mine' }];
    const all = resourceAttributes({ tool: 'x', version: '1', serviceName: undefined, attributes: given });
    assert.deepEqual(all.find(({ key }) => key === 'service.instance.id')?.value, { stringValue: 'mine' });
  });
});
