/** --dns, against resolvers of others: that of Node (c-ares), and the C library's. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import dnsPacket from 'dns-packet';
import { needs } from '../capability.js';
import { Trace } from '../helpers/trace.js';

interface ConnectEvent {
  comm: string;
  remote_addr: string;
  remote_port: number;
  remote_name?: string;
}

const NAME_SERVER = '127.0.0.77';
const HOST = '127.0.0.78';
const NAME = 'www.example.test';

const ECHO = Buffer.from('ECHO');

const ASK = `import { Resolver } from 'node:dns/promises'; import { connect } from 'node:net';
const resolver = new Resolver(); resolver.setServers(['${NAME_SERVER}']);
const [address] = await resolver.resolve4('${NAME}');
connect(Number(process.argv[1]), address).on('connect', function () { this.destroy(); });`;

/**
 * Does the steps of each line that it reads, and says so: `ask NAME`, `connect`, `serve` (answers in this namespace),
 * `unasked` (receives an answer from the name server without a question), `otherwise` (asks for one and receives another).
 */
const STEPS = `import { createSocket } from 'node:dgram'; import { once } from 'node:events'; import { connect, createServer } from 'node:net';
import { Resolver } from 'node:dns/promises'; import { createInterface } from 'node:readline';
import dnsPacket from '${import.meta.resolve('dns-packet')}';
const [port] = process.argv.slice(1).map(Number);
const answerOf = (id, name) => dnsPacket.encode({ type: 'response', id, flags: 0x180, questions: [{ type: 'A', name }],
  answers: [{ type: 'A', name, ttl: 60, data: '${HOST}' }] });
async function receive(...packets) {
  const socket = createSocket('udp4');
  socket.connect(53, '${NAME_SERVER}');
  await once(socket, 'connect');
  for (const packet of packets) socket.send(packet);
  await once(socket, 'message');
  socket.close();
}
const steps = {
  nothing: () => {},
  async ask(name) {
    const resolver = new Resolver(); resolver.setServers(['${NAME_SERVER}']);
    await resolver.resolve4(name);
  },
  async connect() { await once(connect(port, '${HOST}').resume().on('error', () => {}), 'close'); },
  async serve() {
    const names = createSocket('udp4').bind(53, '${NAME_SERVER}').unref();
    names.on('message', (message, { port, address }) => {
      const { id, questions } = dnsPacket.decode(message);
      names.send(answerOf(id, questions[0].name), port, address);
    });
    const host = createServer((socket) => socket.end()).listen(port, '${HOST}').unref();
    await Promise.all([once(names, 'listening'), once(host, 'listening')]);
  },
  // What the server takes for a wish, and sends back as it is.
  unasked: () => receive(Buffer.concat([Buffer.from('ECHO'), answerOf(77, 'unasked.test')])),
  otherwise: () => receive(dnsPacket.encode({ type: 'query', id: 78, flags: 0x100, questions: [{ type: 'A', name: 'mute.test' }] }),
    Buffer.concat([Buffer.from('ECHO'), answerOf(78, 'otherwise.test')])),
};
for await (const line of createInterface({ input: process.stdin })) {
  for (const step of line.split(',')) { const [what, ...words] = step.split(' '); await steps[what](...words); }
  console.log('done');
}`;

/** A process that does such steps. */
class Child {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;

  constructor([file = '', ...words]: readonly string[]) {
    this.#child = spawn(file, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#answers = createInterface({ input: this.#child.stdout as Readable })[Symbol.asyncIterator]();
  }

  async does(...steps: string[]): Promise<void> {
    this.#child.stdin?.write(`${steps.join(',')}\n`);
    assert.deepEqual(await this.#answers.next(), { value: 'done', done: false }, steps.join());
  }

  async end(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}

describe('--dns', () => {
  let trace: Trace<ConnectEvent>;
  let names: Socket;
  let host: Server;
  let port: number;
  before(async function () {
    needs(this, 'root');
    trace = new Trace('tcpconnect');
    names = createSocket('udp4').bind(53, NAME_SERVER);
    names.on('message', (message, { port: from, address }) => {
      if (message.subarray(0, 4).equals(ECHO)) {
        names.send(message.subarray(4), from, address);
        return;
      }
      const { id, questions = [] } = dnsPacket.decode(message);
      const [asked] = questions;
      if (asked?.name === 'mute.test') return;
      const answers = asked?.type === 'A' ? [{ type: 'A' as const, name: asked.name, ttl: 60, data: HOST }] : [];
      names.send(dnsPacket.encode({ type: 'response', id: id ?? 0, flags: 0x180, questions, answers }), from, address);
    });
    host = createServer((socket) => socket.on('error', () => {}).end()).listen(0, HOST);
    await Promise.all([once(names, 'listening'), once(host, 'listening')]);
    port = (host.address() as { port: number }).port;
  });
  after(() => {
    trace?.remove();
    names?.close();
    host?.close();
  });

  const node = () => [process.execPath, '--input-type=module', '-e', ASK, `${port}`];

  it('has the name that Node asked for', async () => {
    const [event] = (await trace.run(['--dns', '-P', `${port}`], node())).events as [ConnectEvent];
    assert.deepEqual([event.remote_addr, event.remote_port, event.remote_name], [HOST, port, NAME]);
  });

  it('has the name that a process is told which does not look who answers', async function () {
    needs(this, 'sock-lengths');
    // By read(2), of a socket that is not connected.
    const script = `use Socket; my ($query, $port) = @ARGV;
      socket(my $names, AF_INET, SOCK_DGRAM, 0);
      send($names, pack('H*', $query), 0, pack_sockaddr_in(53, inet_aton('${NAME_SERVER}'))); sysread($names, my $answer, 4096);
      socket(my $host, AF_INET, SOCK_STREAM, 0); connect($host, pack_sockaddr_in($port, inet_aton('${HOST}')));`;
    const query = dnsPacket.encode({
      type: 'query',
      id: 99,
      flags: 0x100,
      questions: [{ type: 'A', name: 'read.test' }],
    });
    const { events } = await trace.run(
      ['--dns', '-P', `${port}`],
      ['perl', '-e', script, query.toString('hex'), `${port}`],
    );
    assert.deepEqual(
      events.map(({ comm, remote_name }) => [comm, remote_name]),
      [['perl', 'read.test']],
    );
  });

  it('has the name that the C library asked for', async function () {
    for (const name of ['curl', 'unshare'] as const) needs(this, name);
    const file = join(trace.folder, 'resolv.conf');
    writeFileSync(file, `nameserver ${NAME_SERVER}\n`);
    const script = 'mount --bind "$0" /etc/resolv.conf && exec curl --silent --noproxy "*" --max-time 10 "$1"';
    const curl = ['unshare', '--mount', 'sh', '-c', script, file, `http://${NAME}:${port}/`];
    const { events } = await trace.run(['--dns', '-f', '-P', `${port}`], curl);
    assert.deepEqual(
      events.map(({ remote_addr, remote_name }) => [remote_addr, remote_name]),
      [[HOST, NAME]],
    );
  });

  describe('of several processes', () => {
    const children: Child[] = [];
    afterEach(async () => {
      for (const child of children.splice(0)) await child.end();
    });

    async function child(words: readonly string[] = []): Promise<Child> {
      const one = new Child([...words, process.execPath, '--input-type=module', '-e', STEPS, `${port}`]);
      children.push(one);
      await one.does('nothing');
      return one;
    }

    /** The names of connections to the host, in their order, that children make by steps. */
    async function namesOf(action: () => Promise<void>): Promise<(string | undefined)[]> {
      const flags = ['--dns', '-P', `${port}`, '--ppid', `${process.pid}`];
      const { events } = await trace.during(flags, action);
      return events.map(({ remote_addr, remote_name }) => {
        assert.equal(remote_addr, HOST);
        return remote_name;
      });
    }

    it('is what each was told, of an address that both have asked for', async () => {
      const [one, two] = [await child(), await child()];
      const found = await namesOf(async () => {
        await one.does('ask one.test');
        await two.does('ask two.test');
        for (const who of [one, two, one, two]) await who.does('connect');
      });
      assert.deepEqual(found, ['one.test', 'two.test', 'one.test', 'two.test']);
    });

    it('is what was told last before the event, whenever it is shown', async () => {
      const [one, two] = [await child(), await child()];
      const found = await namesOf(async () => {
        // All of it in one batch, or nearly so.
        await one.does('ask one.test', 'connect', 'ask two.test', 'connect', 'ask one.test', 'connect');
        await two.does('connect', 'ask three.test', 'connect');
        await one.does('connect');
      });
      assert.deepEqual(found, ['one.test', 'two.test', 'one.test', 'one.test', 'three.test', 'one.test']);
    });

    it('is not what was told in another network namespace', async function () {
      needs(this, 'unshare');
      const own = await child(['unshare', '--net', 'sh', '-c', 'ip link set lo up; exec "$@"', 'sh']);
      const ours = await child();
      const found = await namesOf(async () => {
        // There it answers itself.
        await own.does('serve', 'ask evil.test', 'connect');
        await ours.does('connect');
      });
      assert.deepEqual(found, ['evil.test', undefined]);
    });

    it('is none that looks like an address', async () => {
      const one = await child();
      const found = await namesOf(() =>
        one.does('ask 10.20.30.40', 'connect', 'ask 0x7f.1', 'connect', 'ask two.test', 'connect'),
      );
      assert.deepEqual(found, [undefined, undefined, 'two.test']);
    });

    it('is none that nobody has asked for', async () => {
      const one = await child();
      const found = await namesOf(() => one.does('unasked', 'connect', 'otherwise', 'connect'));
      assert.deepEqual(found, [undefined, undefined]);
    });
  });

  it('is not there where it is not asked for', async () => {
    const [event] = (await trace.run(['-P', `${port}`], node())).events as [ConnectEvent];
    assert.deepEqual([event.remote_addr, 'remote_name' in event], [HOST, false]);
  });
});
