import type { ToolFlag } from '../../tool-flag.js';

/** The --stack flag: bpf/include/stack.h. */
export const STACK_FLAGS = {
  stack: {
    summary: 'show the kernel stack trace of each event',
    sets: 'want_stack',
    fields: ['stack'],
    shows: ['stack'],
  },
} as const satisfies Readonly<Record<string, ToolFlag>>;

/** Description of its column. */
export const STACK_FIELDS = {
  stack: 'with --stack: kernel functions, innermost first, such as tcp_v4_rcv+0x1b0',
};

export const STACK_CAVEAT =
  'A stack trace shows addresses instead of names if /proc/kallsyms hides them: see kernel.kptr_restrict and CAP_SYSLOG.';
