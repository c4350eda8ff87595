/** What ss(8) says of TCP sockets: the kernel's own account of them. */
import assert from 'node:assert/strict';
import { run } from './run.js';

export interface SsSocket {
  /** As ss writes it: ESTAB, CLOSE-WAIT, LISTEN... */
  readonly state: string;
  /** Of who holds the first of its descriptors; undefined when nobody does. */
  readonly pid: number | undefined;
  readonly users: readonly { readonly pid: number; readonly fd: number }[];
  readonly local: string;
  readonly local_port: number;
  readonly remote: string;
  /** 0 where it has none. */
  readonly remote_port: number;
  readonly inode: number;
  readonly cookie: number;
  /** ss leaves out what is 0. */
  readonly bytes_sent: number;
  readonly bytes_acked: number;
  readonly bytes_received: number;
  /** All that were ever sent again. */
  readonly retrans: number;
  /** Milliseconds; undefined before there is one. */
  readonly rtt: number | undefined;
  /** The row, for what else there is. */
  readonly row: string;
}

/** An option for addresses and processes, and for what the kernel counts; a line for each socket. */
const SS = ['ss', '-HOtinep'];

/** 127.0.0.1:80, [::1]:80, 10.0.0.1%eth0:80 or *:* */
function splitAddress(text: string): [address: string, port: number] {
  const [, address = '', port = ''] = /^(.*):([^:]+)$/.exec(text) ?? assert.fail(text);
  const bare = address.replace(/%[^\]]*/, '').replace(/^\[(.*)\]$/, '$1');
  return [bare, port === '*' ? 0 : Number(port)];
}

export function parseSs(text: string): SsSocket[] {
  return text.split('\n').filter(Boolean).map(parseRow);
}

function parseRow(row: string): SsSocket {
  const [state = '', , , local = '', remote = ''] = row.split(/\s+/);
  // The name of a process may have anything in it, but what stands before it can't.
  const [, users = ''] = / users:\(\((.*)\)\) /.exec(row) ?? [];
  const rest = row.replace(/ users:\(\(.*\)\) /, ' ');
  const find = (pattern: RegExp) => pattern.exec(rest)?.[1];
  const count = (name: string) => Number(find(new RegExp(` ${name}:(\\d+)`)) ?? 0);
  const holders = [...users.matchAll(/",pid=(\d+),fd=(\d+)/g)].map(([, pid, fd]) => ({
    pid: Number(pid),
    fd: Number(fd),
  }));
  const rtt = find(/ rtt:([\d.]+)/);
  const [[local_, local_port], [remote_, remote_port]] = [splitAddress(local), splitAddress(remote)];
  return {
    state,
    pid: holders[0]?.pid,
    users: holders,
    local: local_,
    local_port,
    remote: remote_,
    remote_port,
    inode: count('ino'),
    cookie: Number.parseInt(find(/ sk:([0-9a-f]+)/) ?? '0', 16),
    bytes_sent: count('bytes_sent'),
    bytes_acked: count('bytes_acked'),
    bytes_received: count('bytes_received'),
    retrans: Number(find(/ retrans:\d+\/(\d+)/) ?? 0),
    rtt: rtt === undefined ? undefined : Number(rtt),
    row,
  };
}

/** The connections there are, with `all` those that listen, too. `before` goes in front of the command, as for NetEnd. */
export async function tcpSockets({ before = [], all = false }: { before?: readonly string[]; all?: boolean } = {}) {
  const [file = '', ...words] = [...before, ...SS, ...(all ? ['-a'] : [])];
  const { status, said, stdout } = await run(file, words);
  assert.deepEqual([status, said], [0, '']);
  return parseSs(stdout.toString());
}
