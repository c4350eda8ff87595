import type { ToolFlag } from './tool.js';

/** --stack: bpf/include/stack.h. */
export const STACK_FLAGS: Readonly<Record<'stack', ToolFlag>> = {
  stack: {
    summary: 'show what of the kernel led to it: its stack',
    sets: 'want_stack',
    fields: ['stack'],
    shows: ['stack'],
  },
};

/** What its column means. */
export const STACK_FIELDS = {
  stack: 'with --stack: functions of the kernel, the innermost one first, such as tcp_v4_rcv+0x1b0',
};

export const STACK_CAVEAT =
  'A stack has addresses instead of names where /proc/kallsyms does not tell: kernel.kptr_restrict, CAP_SYSLOG.';
