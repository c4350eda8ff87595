/**
 * tc: a program that sees packets when they are sent, knows who sends them, and drops some. Needs Linux 5.8.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c tc/tc.bpf.c -o tc/tc.bpf.o
 *     npx snoopkit gen types tc/tc.bpf.o -o tc/tc.ts
 *     npx tsc
 *     sudo node tc/main.js
 */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { openTc } from './tc.js';

const server = createSocket('udp4').bind(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address();

const opened = openTc();
opened.globals.need('port').set(port);
opened.globals.need('limit').set(200n);
using object = opened.load();
// By tcx if the kernel has it (6.6), else as a filter of clsact, which other filters may precede.
object.programs.need('limit_users').attachTc('lo', 'egress');

/** Sends a datagram from a process of this user. */
const send = (uid: number, text: string) =>
  spawnSync('bash', ['-c', 'printf "$0" >"/dev/udp/127.0.0.1/$1"', text, `${port}`], { uid });

send(0, 'hello');
send(65534, 'hello');
for (let i = 0; i < 5; i++) send(65534, 'hello again');

// 14 bytes of Ethernet, 20 of IP and 8 of UDP come before the text.
for (const [uid, { bytes, dropped }] of [...object.maps.need('users')].sort(([a], [b]) => a - b))
  console.log(`uid ${uid}: ${bytes} bytes, ${dropped} packets dropped`);
server.close();
