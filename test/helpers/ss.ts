/** TCP sockets as reported by ss(8): the kernel's own account of them. */
import assert from 'node:assert/strict';
import { run } from './run.js';

export interface SsSocket {
  /** In the format of ss: ESTAB, CLOSE-WAIT, LISTEN... */
  readonly state: string;
  /** Process with the first of its descriptors; undefined if there is none. */
  readonly pid: number | undefined;
  readonly users: readonly { readonly pid: number; readonly fd: number }[];
  readonly local: string;
  readonly local_port: number;
  readonly remote: string;
  /** 0 if it has none. */
  readonly remote_port: number;
  readonly inode: number;
  readonly cookie: number;
  /** ss omits zeros. */
  readonly bytes_sent: number;
  readonly bytes_acked: number;
  readonly bytes_received: number;
  /** Total retransmissions. */
  readonly retrans: number;
  /** Milliseconds; undefined before the first measurement. */
  readonly rtt: number | undefined;
  /** The whole row, for other values. */
  readonly row: string;
}

/** Options for addresses, processes and the kernel's counts; a line for each socket. */
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
  // The name of a process may contain anything, but the part before it can't contain this.
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

/** The existing connections, with `all` also listeners. `before` precedes the command, as for NetEnd. */
export async function tcpSockets({ before = [], all = false }: { before?: readonly string[]; all?: boolean } = {}) {
  const [file = '', ...words] = [...before, ...SS, ...(all ? ['-a'] : [])];
  const { status, said, stdout } = await run(file, words);
  assert.deepEqual([status, said], [0, '']);
  return parseSs(stdout.toString());
}
