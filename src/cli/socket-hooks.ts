import type { ToolDefinition } from './tool.js';

/** How it is known whom a TCP socket belongs to: the programs of bpf/include/owner.h. */
export const OWNER_HOOKS: ToolDefinition['hooks'] = {
  accepts: {
    ways: [{ programs: ['owner_accept', 'owner_accept4'] }],
    without: 'an accepted connection belongs to who listens, until somebody uses or closes it',
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
    without: 'a socket that was passed on belongs to who opened it, until another process closes it',
  },
  'ends of sockets': { ways: [{ programs: ['owner_forget'] }] },
  'older sockets': {
    ways: [{ programs: ['owner_existing'] }],
    without: 'a connection that is older than the trace belongs to nobody until it is used or closed',
  },
};
