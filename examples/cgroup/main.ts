/**
 * Cgroups: a program that denies connections to the processes of one cgroup. Needs Linux 5.8, and a cgroup v2.
 *
 * Build and run (../README.md has what comes before):
 *
 *     clang -g -O2 -target bpf -D__TARGET_ARCH_x86 -I. -c cgroup/cgroup.bpf.c -o cgroup/cgroup.bpf.o
 *     npx snoopkit gen types cgroup/cgroup.bpf.o -o cgroup/cgroup.ts
 *     npx tsc
 *     sudo node cgroup/main.js /sys/fs/cgroup
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { openCgroup } from './cgroup.js';

const cgroup = join(process.argv[2] ?? '/sys/fs/cgroup', `example-${process.pid}`);
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;

/** Connects from a process that enters the cgroup first. */
function connect(): string {
  const script = 'echo $$ >"$0/cgroup.procs" && : >"/dev/tcp/127.0.0.1/$1"';
  const { status, stderr } = spawnSync('bash', ['-c', script, cgroup, `${port}`], { encoding: 'utf8' });
  return status === 0 ? 'connected' : (stderr.trim().split(': ').at(-1) ?? '');
}

mkdirSync(cgroup);
try {
  const opened = openCgroup();
  opened.globals.need('port').set(port);
  using object = opened.load();
  const link = object.programs.need('deny_port').attachCgroup(cgroup);
  console.log('attached:', connect());
  link.close();
  console.log('detached:', connect());
  console.log('denied:', object.globals.need('denied').get());
} finally {
  rmdirSync(cgroup);
  server.close();
}
