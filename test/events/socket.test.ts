import assert from 'node:assert/strict';
import { Probe } from './helpers.js';

describe('events: ends of a connection', () => {
  for (const [address, port, shown, alone] of [
    ['00000000000000000000ffff0a000001', 443, '10.0.0.1:443', '10.0.0.1'],
    ['00000000000000000000ffff00000000', 0, '0.0.0.0:0', '0.0.0.0'],
    ['20010db8000000000000000000000001', 65535, '[2001:db8::1]:65535', '2001:db8::1'],
    ['00000000000000000000000000000000', 80, '[::]:80', '::'],
    ['00000000000000000000fffe0a000001', 1, '[::fffe:a00:1]:1', '::fffe:a00:1'],
  ] as const)
    it(`are shown as ${shown}`, () => {
      const bytes = Buffer.alloc(18);
      bytes.write(address, 'hex');
      bytes.writeUInt16LE(port, 16);
      const probe = new Probe('sockets').setBytes('local', bytes);
      assert.equal(probe.written('local'), shown);
      assert.equal(probe.value('local'), shown);
      assert.equal(probe.written('local_addr'), alone);
      assert.equal(probe.value('local_addr'), alone);
      assert.equal(probe.written('local_port'), String(port));
      assert.deepEqual(
        ['local', 'local_addr', 'local_port', 'port'].map((name) => probe.column(name).repeats),
        [true, undefined, undefined, undefined],
      );
    });
});

describe('events: cgroups', () => {
  it('are paths, asked for once; missing where nobody knows it', () => {
    const asked: bigint[] = [];
    const cgroupPath = (id: bigint) => {
      asked.push(id);
      return id === 7n ? '/a.slice/b' : undefined;
    };
    const probe = new Probe('sockets', { cgroupPath });
    probe.set('cgroup', 7, 8);
    assert.equal(probe.span('cgroup').text, '/a.slice/b');
    assert.equal(probe.value('cgroup'), '/a.slice/b');
    probe.set('cgroup', 2n ** 64n - 1n, 8);
    assert.equal(probe.value('cgroup'), null);
    assert.deepEqual(asked, [7n, 2n ** 64n - 1n]);
  });
});
