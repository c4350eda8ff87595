import type { ToolDefinition } from '../../tool.js';

/** Hooks that track the owner of each TCP socket: the programs of bpf/include/owner.h. */
export const OWNER_HOOKS = {
  accepts: {
    ways: [{ programs: ['owner_accept', 'owner_accept4'] }],
    without: 'an accepted connection is attributed to the listening process until a process uses or closes it',
  },
  uses: {
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
  'ends of sockets': { ways: [{ programs: ['owner_forget'] }] },
  'older sockets': {
    ways: [{ programs: ['owner_existing'] }],
    without: 'a connection older than the trace is attributed to no process until it is used or closed',
  },
} as const satisfies ToolDefinition['hooks'];
