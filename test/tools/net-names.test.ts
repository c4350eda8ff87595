/** --dns, against resolvers of others: that of Node (c-ares), and the C library's. */
import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
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

const ASK = `import { Resolver } from 'node:dns/promises'; import { connect } from 'node:net';
const resolver = new Resolver(); resolver.setServers(['${NAME_SERVER}']);
const [address] = await resolver.resolve4('${NAME}');
connect(Number(process.argv[1]), address).on('connect', function () { this.destroy(); });`;

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
      const { id, questions = [] } = dnsPacket.decode(message);
      const isAsked = questions.some(({ name, type }) => name === NAME && type === 'A');
      const answers = isAsked ? [{ type: 'A' as const, name: NAME, ttl: 60, data: HOST }] : [];
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

  it('is not there where it is not asked for', async () => {
    const [event] = (await trace.run(['-P', `${port}`], node())).events as [ConnectEvent];
    assert.deepEqual([event.remote_addr, 'remote_name' in event], [HOST, false]);
  });
});
