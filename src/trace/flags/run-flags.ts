import { LONGEST_RUN_MS, parseDuration, parseHooks, parseInteger, parseSize } from '../values.js';
import { asGiven, list, text } from './flag.js';

/** The flags of a run, which every tool has. */
export const RUN_FLAGS = {
  fields: text({
    char: 'F',
    value: 'NAMES',
    group: 'OUTPUT',
    summary: 'show these columns, in this order; +NAME adds one to the default columns',
    parse: asGiven,
  }),
  duration: text({
    char: 'd',
    value: 'TIME',
    group: 'RUN',
    summary: 'stop after this time: 5 (seconds), 500ms, 2m, 1h; a COMMAND still running gets SIGTERM',
    parse: (flag, time) => parseDuration(flag, time, LONGEST_RUN_MS),
  }),
  'max-events': text({
    char: 'N',
    value: 'COUNT',
    group: 'RUN',
    summary: 'stop after COUNT events',
    parse: (flag, count) => parseInteger(flag, count, 1, Number.MAX_SAFE_INTEGER),
  }),
  buffer: text({
    value: 'SIZE',
    group: 'RUN',
    summary: 'ring buffer size, such as 8M (default: 8M per CPU, at most 64M and 1/64 of memory)',
    parse: parseSize,
  }),
  btf: text({
    value: 'FILE',
    group: 'RUN',
    summary:
      'kernel BTF, for kernels that do not provide it: a raw BTF file, an ELF file with BTF, or a folder with the BTF of many kernels, such as a copy of BTFHub-Archive',
    parse: asGiven,
  }),
  hooks: list({
    value: 'KIND',
    group: 'RUN',
    summary:
      'use only hooks of these kinds: tracepoint, raw_tp, tp_btf, fentry, kprobe, iter (default: the best that the kernel supports)',
    parse: parseHooks,
  }),
};
