/** A virtual machine without network that runs one command on a root that it can't change, the host's or another. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { KernelFiles } from '../../scripts/debian/kernel.js';
import { GUEST_PROJECT, root as project } from './command.js';
import { makeInitrd } from './initrd.js';
import type { Machine } from './kernels.js';
import { findProgram } from './programs.js';

/** Path of the run's folder in a guest with a root of its own. */
const GUEST_SUITE = '/suite';

/** The shell scripts, which are not compiled. */
const script = (name: string) => fileURLToPath(new URL(`../../../test/kernels/${name}`, import.meta.url));

export interface GuestOptions {
  readonly kernel: KernelFiles;
  readonly machine: Machine;
  /** The root that it has instead of the host's: a folder, into which the project is mounted. */
  readonly tree: string | undefined;
  /** For the shell. What it writes to the file that $RESULTS names is handed to the host. */
  readonly command: string;
  /** The file that gets what it says. */
  readonly log: string;
  /** After which the guest is taken for hung. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

export interface GuestEnd {
  /** Of the command; undefined when the guest ended without saying it, or was ended. */
  readonly status: number | undefined;
  readonly hung: boolean;
  readonly results: string;
  /** All that the kernel said. */
  readonly console: string;
}

/** A program that does not outlive this one, and what it says. */
class Child {
  readonly process: ChildProcess;
  readonly gone: Promise<unknown>;
  said = '';

  constructor(words: readonly string[]) {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    this.process = spawn(findProgram('setpriv'), ['--pdeathsig', 'KILL', ...words], { stdio: [...stdio] });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (chunk) => {
        this.said += chunk;
      });
    this.gone = once(this.process, 'close');
  }

  get isGone(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  async end(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.gone;
  }
}

/** Waits until virtiofsd shares the root. */
async function awaitSocket(socket: string, daemon: Child): Promise<void> {
  for (let waited = 0; !existsSync(socket); waited += 20) {
    if (daemon.isGone || waited > 20_000)
      throw new Error(`virtiofsd does not start: ${daemon.said.trim().split('\n').at(-1) || 'it says nothing'}`);
    await sleep(20);
  }
}

function qemuWords({ machine, kernel, log, tree }: GuestOptions, folder: string, initrd: string): string[] {
  const ports = [log, join(folder, 'results'), join(folder, 'status')].flatMap((path, i) => [
    ...['-chardev', `file,id=port${i + 1},path=${path}`],
    ...['-device', `virtserialport,chardev=port${i + 1},nr=${i + 1}`],
  ]);
  return [
    machine.qemu,
    // One processor, and room for another, so that per-CPU values have two slots. With two, QEMU 7.2 at times keeps
    // running an instruction that the other has just replaced, which is how tracepoints are switched on: a hang.
    ...['-accel', 'tcg', ...machine.arguments, '-smp', '1,maxcpus=2', '-m', '1024'],
    ...['-object', 'memory-backend-memfd,id=memory,size=1024M,share=on'],
    ...['-nodefaults', '-nic', 'none', '-display', 'none', '-no-reboot'],
    ...['-chardev', `socket,id=root,path=${join(folder, 'root.sock')}`],
    ...['-device', 'vhost-user-fs-pci,chardev=root,tag=root'],
    ...['-serial', `file:${join(folder, 'console')}`, '-device', 'virtio-serial-pci', ...ports],
    ...['-kernel', kernel.image, '-initrd', initrd],
    // A crash is an end, and not a wait for someone to look at it.
    ...[
      '-append',
      // The list of Debian 11's kernel has no bpf.
      `console=${machine.console} loglevel=5 panic=-1 oops=panic lsm=lockdown,apparmor,bpf ` +
        `SUITE=${tree === undefined ? folder : GUEST_SUITE}`,
    ],
  ];
}

/** Text of a file that may not be there. */
const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

export async function runGuest(options: GuestOptions): Promise<GuestEnd> {
  const { signal, kernel, command, seconds, tree } = options;
  signal.throwIfAborted();
  const folder = mkdtempSync(join(tmpdir(), 'snoopkit-guest-'));
  const children: Child[] = [];
  const start = (words: readonly string[]) => {
    const child = new Child(words);
    children.push(child);
    return child;
  };
  const stop = new AbortController();
  try {
    copyFileSync(script('suite.sh'), join(folder, 'suite.sh'));
    writeFileSync(join(folder, 'command'), command);
    const busybox = tree === undefined ? findProgram('busybox') : join(tree, 'usr/bin/busybox');
    const initrd = makeInitrd(folder, script('init.sh'), busybox, kernel.modules);
    const [root, socket] = [join(folder, 'host'), join(folder, 'root.sock')];
    mkdirSync(root);
    const share = ['unshare', '--mount', 'sh', script('share.sh'), root, findProgram('virtiofsd'), socket];
    const mounts = tree === undefined ? [] : [tree, project, GUEST_PROJECT, folder, GUEST_SUITE];
    const daemon = start([...share, ...mounts]);
    await awaitSocket(socket, daemon);
    const qemu = start(qemuWords(options, folder, initrd));
    const limit = sleep(seconds * 1000, true, { signal: AbortSignal.any([stop.signal, signal]) });
    const hung = await Promise.race([qemu.gone.then(() => false), limit]);
    const status = read(join(folder, 'status')).trim();
    return {
      status: /^\d+$/.test(status) ? Number(status) : undefined,
      hung,
      results: read(join(folder, 'results')),
      console: daemon.said + qemu.said + read(join(folder, 'console')),
    };
  } finally {
    stop.abort();
    for (const child of children.reverse()) await child.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
