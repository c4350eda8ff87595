import assert from 'node:assert/strict';
import dnsPacket from 'dns-packet';
import { HostNames } from '../../src/cli/host-names.js';
import { random } from '../helpers/random.js';

const answer = (name: string, ...addresses: string[]) =>
  dnsPacket.encode({
    type: 'response',
    questions: [{ type: 'A', name }],
    answers: [
      { type: 'CNAME', name, data: 'alias.test' },
      ...addresses.map((data) =>
        data.includes(':')
          ? { type: 'AAAA' as const, name: 'alias.test', data }
          : { type: 'A' as const, name: 'alias.test', data },
      ),
    ],
  });

describe('cli: names of addresses', () => {
  it('are what was asked for, through aliases, of both families', () => {
    const names = new HostNames();
    names.take(answer('www.example.test', '10.0.0.1', '10.0.0.2', '2001:db8:0:0:0:0:0:1'));
    for (const address of ['10.0.0.1', '10.0.0.2', '2001:db8::1'])
      assert.equal(names.name(address), 'www.example.test');
    assert.equal(names.name('10.0.0.3'), undefined);
  });

  it('are the last that were told', () => {
    const names = new HostNames();
    names.take(answer('a.test', '10.0.0.1'));
    names.take(answer('b.test', '10.0.0.1'));
    assert.equal(names.name('10.0.0.1'), 'b.test');
  });

  it('are none that a terminal would obey', () => {
    const names = new HostNames();
    names.take(answer('\x1b[31mred.test', '10.0.0.1'));
    names.take(answer('a b.test', '10.0.0.2'));
    for (const address of ['10.0.0.1', '10.0.0.2']) assert.equal(names.name(address), undefined);
  });

  it('are not taken from questions, nor from what is no message', () => {
    const names = new HostNames();
    names.take(dnsPacket.encode({ type: 'query', questions: [{ type: 'A', name: 'a.test' }] }));
    names.take(Buffer.alloc(0));
    const next = random(53);
    for (let i = 0; i < 3000; i++) {
      const whole = answer('a.test', '10.0.0.1');
      const bytes = Buffer.from(whole.subarray(0, next() % (whole.length + 1)));
      if (bytes.length > 0) bytes[next() % bytes.length] = next();
      names.take(bytes);
    }
  });

  it('are forgotten when they are too many, the oldest first', () => {
    const names = new HostNames();
    for (let i = 0; i < 16_385; i++) names.take(answer(`n${i}.test`, `10.0.${i >> 8}.${i & 255}`));
    assert.equal(names.name('10.0.0.0'), undefined);
    assert.equal(names.name('10.0.0.1'), 'n1.test');
    assert.equal(names.name('10.0.64.0'), 'n16384.test');
  });
});
