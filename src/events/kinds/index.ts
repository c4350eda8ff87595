/** All kinds of fields that a typedef stands for: a line for each family. */
import type { Kinds } from '../kind.js';
import { KINDS as address } from './address.js';
import { KINDS as cgroup } from './cgroup.js';
import { KINDS as count } from './count.js';
import { KINDS as histogram } from './histogram.js';
import { KINDS as list } from './list.js';
import { KINDS as owner } from './owner.js';
import { KINDS as packet } from './packet.js';
import { KINDS as process } from './process.js';
import { KINDS as stack } from './stack.js';
import { KINDS as syscall } from './syscall.js';
import { KINDS as text } from './text.js';
import { KINDS as time } from './time.js';

export const KINDS: Kinds = {
  ...address,
  ...cgroup,
  ...count,
  ...histogram,
  ...list,
  ...owner,
  ...packet,
  ...process,
  ...stack,
  ...syscall,
  ...text,
  ...time,
};
