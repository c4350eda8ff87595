import { defineFeature } from '../feature.js';

/** The kernel stack trace of an event. */
export const feature = defineFeature({
  toolFlags: {
    stack: {
      summary: 'show the kernel stack trace of each event',
      sets: 'want_stack',
      fields: ['stack'],
      shows: ['stack'],
    },
  },
  fields: {
    stack: 'with --stack: kernel functions, innermost first, such as tcp_v4_rcv+0x1b0',
  },
  caveats: [
    'A stack trace shows addresses instead of names if /proc/kallsyms hides them: see kernel.kptr_restrict and CAP_SYSLOG.',
  ],
});
