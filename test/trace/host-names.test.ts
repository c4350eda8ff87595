import assert from 'node:assert/strict';
import { readFileSync, readlinkSync } from 'node:fs';
import dnsPacket from 'dns-packet';
import { Btf, type Input, layoutOf, readBtfBytes, writeValue } from '../../src/btf/index.js';
import { EventRecord } from '../../src/events/column.js';
import { eventSchema } from '../../src/events/schema.js';
import { type DnsMessage, HostNames } from '../../src/trace/features/dns/host-names.js';
import { objectPath } from '../../src/trace/object-path.js';
import { fakeContext } from '../events/helpers.js';
import { random } from '../helpers/random.js';

const flags = dnsPacket.RECURSION_DESIRED;
const SERVER = { addr: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 53], port: 53 };
const OTHER_SERVER = { ...SERVER, port: 5353 };
const [NETNS, OTHER_NETNS] = [4_026_531_840, 4_026_532_222];

type Head = Partial<Omit<DnsMessage, 'bytes' | 'is_received'>>;
type Kind = 'A' | 'AAAA';
const HEAD = { time: 100n, socket: 7n, pid: 5, netns: NETNS, server: SERVER };

const record = (name: string, data: string) =>
  data.includes(':') ? { type: 'AAAA' as const, name, data } : { type: 'A' as const, name, data };

interface Text {
  id?: number;
  type?: Kind;
}

const question = (name: string, head: Head = {}, { id = 1, type = 'A' }: Text = {}): DnsMessage => ({
  ...HEAD,
  ...head,
  is_received: false,
  bytes: dnsPacket.encode({ type: 'query', id, flags, questions: [{ type, name }] }),
});

const answer = (name: string, addresses: readonly string[], head: Head = {}, { id = 1, type = 'A' }: Text = {}) => ({
  ...HEAD,
  ...head,
  is_received: true,
  bytes: dnsPacket.encode({
    type: 'response',
    id,
    flags,
    questions: [{ type, name }],
    answers: addresses.map((data) => record(name, data)),
  }),
});

/** A process asks, and is answered. */
function told(names: HostNames, name: string, addresses: readonly string[], head: Head = {}): void {
  names.take(question(name, head));
  names.take(answer(name, addresses, head));
}

const asker = (changes: { pid?: number; netns?: number | undefined; time?: bigint } = {}) => ({
  pid: 5,
  netns: NETNS,
  time: 1000n,
  ...changes,
});

describe('cli: names of addresses', () => {
  let names: HostNames;
  beforeEach(() => {
    names = new HostNames();
  });

  it('are what was asked for, of both families', () => {
    told(names, 'www.example.test', ['10.0.0.1', '10.0.0.2', '2001:db8:0:0:0:0:0:1']);
    for (const address of ['10.0.0.1', '10.0.0.2', '2001:db8::1'])
      assert.equal(names.name(address, asker()), 'www.example.test');
    assert.equal(names.name('10.0.0.3', asker()), undefined);
  });

  it('are what was asked for, through aliases, and of nothing else that is in the answer', () => {
    const bytes = dnsPacket.encode({
      type: 'response',
      id: 1,
      questions: [{ type: 'A', name: 'www.test' }],
      answers: [
        record('other.test', '10.0.0.9'),
        { type: 'CNAME', name: 'WWW.test', data: 'first.test' },
        record('second.test', '10.0.0.1'),
        { type: 'CNAME', name: 'first.test', data: 'Second.test' },
        { type: 'CNAME', name: 'second.test', data: 'www.test' },
      ],
    });
    names.take(question('www.test'));
    names.take({ ...answer('www.test', []), bytes });
    assert.equal(names.name('10.0.0.1', asker()), 'www.test');
    assert.equal(names.name('10.0.0.9', asker()), undefined);
  });

  describe('are what was asked for where a process does not look who answers', () => {
    const nobody = { server: { addr: SERVER.addr.map(() => 0), port: 0 } };
    it('with the question first, or the answer', () => {
      names.take(question('a.test'));
      names.take(answer('a.test', ['10.0.0.1'], nobody));
      names.take(answer('b.test', ['10.0.0.2'], { ...nobody, time: 200n }));
      names.take(question('b.test', { time: 201n }));
      assert.deepEqual(
        ['10.0.0.1', '10.0.0.2'].map((address) => names.name(address, asker())),
        ['a.test', 'b.test'],
      );
    });

    it('by the same socket, and once', () => {
      names.take(question('a.test'));
      names.take(answer('a.test', ['10.0.0.1'], { ...nobody, socket: 8n }));
      names.take(answer('a.test', ['10.0.0.2'], nobody));
      names.take(answer('a.test', ['10.0.0.3'], nobody));
      names.take(answer('a.test', ['10.0.0.4']));
      names.take(question('b.test'));
      names.take(answer('b.test', ['10.0.0.5']));
      names.take(answer('b.test', ['10.0.0.6'], nobody));
      assert.deepEqual(
        [1, 2, 3, 4, 5, 6].map((number) => names.name(`10.0.0.${number}`, asker())),
        [undefined, 'a.test', undefined, undefined, 'b.test', undefined],
      );
    });
  });

  describe('are those that were told last before the event', () => {
    beforeEach(() => {
      told(names, 'a.test', ['10.0.0.1'], { time: 100n });
      told(names, 'b.test', ['10.0.0.1'], { time: 200n });
      told(names, 'a.test', ['10.0.0.1'], { time: 300n });
    });
    for (const [time, name] of [
      [99n, undefined],
      [100n, 'a.test'],
      [199n, 'a.test'],
      [200n, 'b.test'],
      [299n, 'b.test'],
      [5000n, 'a.test'],
    ] as const)
      it(`${time}: ${name}`, () => {
        assert.equal(names.name('10.0.0.1', asker({ time })), name);
        // Whom nobody has told anything.
        assert.equal(names.name('10.0.0.1', asker({ time, pid: 77 })), name);
        assert.equal(names.name('10.0.0.1', asker({ time, pid: 0 })), name);
      });
  });

  it('are those that the process was told, and else its network namespace', () => {
    told(names, 'mine.test', ['10.0.0.1'], { pid: 5, time: 100n });
    told(names, 'theirs.test', ['10.0.0.1', '10.0.0.2'], { pid: 6, time: 200n });
    assert.equal(names.name('10.0.0.1', asker({ pid: 5 })), 'mine.test');
    assert.equal(names.name('10.0.0.1', asker({ pid: 6 })), 'theirs.test');
    assert.equal(names.name('10.0.0.1', asker({ pid: 7 })), 'theirs.test');
    assert.equal(names.name('10.0.0.2', asker({ pid: 5 })), 'theirs.test');
  });

  it('say nothing in another network namespace, of the same process neither', () => {
    told(names, 'evil.test', ['10.11.12.13'], { netns: OTHER_NETNS });
    for (const pid of [0, 5, 6]) assert.equal(names.name('10.11.12.13', asker({ pid })), undefined);
    assert.equal(names.name('10.11.12.13', asker({ netns: OTHER_NETNS })), 'evil.test');
  });

  it('are those of the namespace of a process where a row does not tell', () => {
    const netns = Number(/\d+/.exec(readlinkSync('/proc/self/ns/net'))?.[0]);
    told(names, 'a.test', ['10.0.0.1'], { netns });
    assert.equal(names.name('10.0.0.1', asker({ pid: process.pid, netns: undefined })), 'a.test');
    // A process that there can't be.
    assert.equal(names.name('10.0.0.1', asker({ pid: 4_194_305, netns: undefined })), undefined);
  });

  describe('come from servers that were asked', () => {
    const none = (...messages: DnsMessage[]) => {
      for (const message of messages) names.take(message);
      assert.equal(names.name('10.0.0.1', asker()), undefined);
    };
    const asked = question('a.test', { time: 90n });
    const good = answer('a.test', ['10.0.0.1']);

    it('only', () => none(good));
    it('by the same socket', () => none(asked, { ...good, socket: 8n }));
    it('the same servers', () => none(asked, { ...good, server: OTHER_SERVER }));
    it('with the same number', () => none(asked, answer('a.test', ['10.0.0.1'], {}, { id: 2 })));
    it('the same', () => none(asked, answer('b.test', ['10.0.0.1'])));
    it('of the same kind', () => none(question('a.test', {}, { type: 'AAAA' }), good));
    it('in the same namespace', () => none(asked, { ...good, netns: OTHER_NETNS }));
    it('and answered without an error', () => {
      const bytes = Buffer.from(good.bytes);
      bytes.writeUInt16BE(0x8183, 2);
      none(asked, { ...good, bytes });
    });
    it('a while ago', () => none(asked, { ...good, time: 61_000_000_000n }));
    it('and the first answer counts', () => {
      for (const message of [asked, good, answer('a.test', ['10.0.0.2'], { time: 200n })]) names.take(message);
      assert.equal(names.name('10.0.0.1', asker()), 'a.test');
      assert.equal(names.name('10.0.0.2', asker()), undefined);
    });
    it('by what was sent, and answered by what was received', () => {
      none({ ...asked, is_received: true }, good);
      none({ ...good, is_received: false }, asked);
    });
    it('whatever letters are large, as some resolvers vary them', () => {
      names.take(question('wWw.TeSt'));
      names.take(answer('www.test', ['10.0.0.1']));
      assert.match(names.name('10.0.0.1', asker()) ?? '', /^www\.test$/i);
    });
    it('also where the call that asked returned after the answer', () => {
      names.take(good);
      names.take({ ...asked, time: good.time + 5000n });
      assert.equal(names.name('10.0.0.1', asker({ time: good.time })), 'a.test');
    });
    it('but not long after it', () => none(good, { ...asked, time: good.time + 2_000_000_000n }));
  });

  for (const [tool, struct, hasNamespace] of [
    ['tcpconnect', 'tcpconnect_event', true],
    ['tcplife', 'tcplife_event', true],
    ['tcptop', 'tcptop_row', true],
    ['udpsnoop', 'udpsnoop_event', true],
    ['udpsnoop', 'udpsnoop_count', false],
  ] as const)
    it(`are asked for by ${struct} for its process, its namespace and its time`, () => {
      const btf = Btf.parse(readBtfBytes(readFileSync(objectPath(tool))));
      const asked: unknown[] = [];
      const hostName = (...words: unknown[]) => {
        asked.push(words);
        return 'a.test';
      };
      const { columns } = eventSchema(btf, struct, fakeContext({ hostName }));
      const layout = layoutOf(btf, struct);
      const facts = { pid: 77, time: 12_345_678_901n, remote: { addr: SERVER.addr, port: 443 } };
      const bytes = Buffer.alloc(layout.size + 16);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      const values: Input = { ...facts, ...(hasNamespace && { netns: NETNS }) };
      writeValue({ kind: 'struct', layout }, view, 16, values, struct);
      const event = new EventRecord();
      event.setBytes(bytes);
      event.offset = 16;
      event.length = layout.size;
      assert.equal(columns.find(({ name }) => name === 'remote_name')?.value(event), 'a.test');
      const netns = hasNamespace ? NETNS : undefined;
      assert.deepEqual(asked, [['10.0.0.53', { pid: 77, netns, time: 12_345_678_901n }]]);
    });

  it('are none that a terminal would obey', () => {
    told(names, '\x1b[31mred.test', ['10.0.0.1']);
    told(names, 'a b.test', ['10.0.0.2']);
    for (const address of ['10.0.0.1', '10.0.0.2']) assert.equal(names.name(address, asker()), undefined);
  });

  for (const name of [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0X7F.1',
    '0177.0.0.01',
    'www.1',
    'a.0x',
    '10.0.0.1.',
    '999.999.999.999',
  ])
    it(`are none that look like an address: ${name}`, () => {
      told(names, name, ['10.0.0.1']);
      assert.equal(names.name('10.0.0.1', asker()), undefined);
    });

  for (const name of ['1.example.test', '127-0-0-1.test', '1.0.0.10.in-addr.arpa', 'x0', '3com.test', 'a1', 'a.b0x1'])
    it(`may have numbers: ${name}`, () => {
      told(names, name, ['10.0.0.1']);
      assert.equal(names.name('10.0.0.1', asker()), name);
    });

  it('are not taken from what is no message', () => {
    names.take({ ...answer('a.test', []), bytes: Buffer.alloc(0) });
    const next = random(53);
    for (let i = 0; i < 3000; i++) {
      const whole = i % 2 ? answer('a.test', ['10.0.0.1']) : question('a.test');
      const bytes = Buffer.from(whole.bytes.subarray(0, next() % (whole.bytes.length + 1)));
      if (bytes.length > 0) bytes[next() % bytes.length] = next();
      names.take({ ...whole, bytes });
    }
  });

  it('are forgotten when they are too many, the oldest first', () => {
    for (let i = 0; i < 16_385; i++) told(names, `n${i}.test`, [`10.0.${i >> 8}.${i & 255}`]);
    for (const pid of [5, 6]) {
      assert.equal(names.name('10.0.0.0', asker({ pid })), undefined);
      assert.equal(names.name('10.0.0.1', asker({ pid })), 'n1.test');
      assert.equal(names.name('10.0.64.0', asker({ pid })), 'n16384.test');
    }
  });

  it('are kept of an address that has many, the oldest go first', () => {
    for (let i = 0; i < 40; i++) told(names, `n${i}.test`, ['10.0.0.1'], { time: BigInt(i) });
    assert.equal(names.name('10.0.0.1', asker({ time: 39n })), 'n39.test');
    assert.equal(names.name('10.0.0.1', asker({ time: 30n })), 'n30.test');
    assert.equal(names.name('10.0.0.1', asker({ time: 3n })), undefined);
  });
});
