import { defineFeature } from '../feature.js';

/** The process that uses a TCP socket. */
export const feature = defineFeature({
  needs: ['mptcp', 'sockets'],
  // Most events happen in an interrupt, so the current process and thread say nothing about them.
  fields: {
    pid: 'process that owns the socket; 0 if unknown',
    tid: 'thread of that process that last used the socket; 0 if unknown',
    ppid: 'parent of that process; 0 if unknown',
    uid: 'real user id of that process, or of the socket if the process is unknown; 0 if there is neither',
    comm: 'name of that process, which is that of its first thread, as kept by the kernel: 15 bytes at most; empty if unknown',
    thread_comm: 'name of the thread that last used the socket; empty if unknown',
  },
  hooks: {
    accepts: {
      ways: [{ programs: ['owner_accept', 'owner_accept4'] }],
      without: 'an accepted connection is attributed to the listening process until a process uses or closes it',
    },
    'sends and receives': {
      ways: [
        { programs: ['owner_sends', 'owner_receives'] },
        {
          programs: ['owner_sends_fentry', 'owner_receives_fentry'],
          optional: ['owner_sends_mptcp_fentry', 'owner_receives_mptcp_fentry'],
        },
        {
          programs: ['owner_sends_kprobe', 'owner_receives_kprobe'],
          optional: ['owner_sends_mptcp_kprobe', 'owner_receives_mptcp_kprobe'],
        },
      ],
      without:
        'a socket passed to another process is attributed to the one that opened it until another process closes it',
    },
    'socket closes': { ways: [{ programs: ['owner_forget'] }] },
    'existing sockets': {
      ways: [{ programs: ['owner_existing'] }],
      without: 'a connection older than the trace is attributed to no process until it is used or closed',
    },
  },
  caveats: [
    'A connection is attributed to the process that connected or accepted it, then to the one that last sent or received on it; before it is accepted, to the listener. pid is 0 if the socket owner is unknown: process filters exclude such connections.',
    'Socket owners are tracked for 65,536 TCP sockets at a time.',
  ],
});
