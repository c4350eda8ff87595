/** Mistakes in the definition of a tool that the compiler finds. Nothing here runs: compiling it is the test. */
import { defineTool } from '../../src/trace/define-tool.js';
import { FEATURES } from '../../src/trace/features/list.js';
import { CLIENT_ATTRIBUTES } from '../../src/trace/features/sockets/attributes.js';
import { SOCKET_FIELDS } from '../../src/trace/features/sockets/fields.js';

const TEXTS = { summary: '', description: '', examples: [], caveats: [], overhead: '' } as const;
const FORKS = {
  ...TEXTS,
  name: 'forksnoop',
  event: { struct: 'forksnoop_event', name: 'fork' },
  columns: ['pid', 'child_pid'],
  fields: { call: '', ret: '', error: '', child_pid: '', child_tid: '', flags: '', is_thread: '' },
  hooks: { forks: { ways: [{ programs: ['handle_fork'] }] } },
} as const;
const SIGNALS = {
  ...TEXTS,
  name: 'sigsnoop',
  event: { struct: 'sigsnoop_event', name: 'signal' },
  columns: ['pid', 'signal'],
  fields: {
    ...{ signal: '', origin: '', code: '', target_pid: '', target_tid: '', target_comm: '', target_thread_comm: '' },
    ...{ to_thread: '', result: '', ret: '', error: '' },
  },
  hooks: { signals: { ways: [{ programs: ['handle_signal'] }] } },
  flags: { count: { summary: '', sets: 'want_counts' } },
} as const;
const COUNTS = {
  flag: 'count',
  event: { struct: 'sigsnoop_count', name: 'signal_count' },
  columns: ['count', 'signal'],
  fields: { comm: '', target_comm: '', signal: '', origin: '', result: '', count: '' },
  sort: 'count',
} as const;
const PROCESSES = {
  ...TEXTS,
  name: 'procsnoop',
  features: ['ending'],
  event: { struct: 'procsnoop_event', name: 'process' },
  columns: ['pid', 'args'],
  fields: {
    ...{ creator: '', creator_comm: '', existed_before: '', exe: '', exe_deleted: '', args: '' },
    ...{ key: '', creator_key: '', tree_key: '', traceparent: '', traceparent_inherited: '' },
  },
  hooks: { ends: { ways: [{ programs: ['handle_exit'] }] } },
} as const;
const WITHOUT_COUNT = { comm: '', target_comm: '', signal: '', origin: '', result: '' } as const;
const TRIED = { words: 'args', path: 'path' } as const;

defineTool(FORKS);
defineTool({ ...SIGNALS, tally: { ...COUNTS, sums: ['count'], metrics: { count: { name: '', description: '' } } } });

// Names of the tool and its structs.
// @ts-expect-error the object has no such struct
defineTool({ ...FORKS, event: { struct: 'forksnoop_evnt', name: 'fork' } });
// @ts-expect-error a struct of another tool
defineTool({ ...FORKS, event: { struct: 'sigsnoop_event', name: 'fork' } });
// @ts-expect-error types of this tool were not generated
defineTool({ ...FORKS, name: 'newsnoop' });

// Columns.
// @ts-expect-error no such column
defineTool({ ...FORKS, columns: ['pid', 'chld_pid'] });
// @ts-expect-error a column without a description
defineTool({ ...FORKS, fields: { call: '', ret: '', error: '', child_pid: '', child_tid: '', flags: '' } });
// @ts-expect-error a description without a column
defineTool({ ...FORKS, fields: { ...FORKS.fields, cal: '' } });
// @ts-expect-error descriptions of a socket, which it has not
defineTool({ ...FORKS, fields: { ...FORKS.fields, ...SOCKET_FIELDS } });
// @ts-expect-error description of a column that a shared flag has, but not this tool
defineTool({ ...FORKS, fields: { ...FORKS.fields, ...FEATURES.stack.fields } });
// @ts-expect-error it has neither of these columns
defineTool({ ...FORKS, tried: TRIED });

// Flags.
const want = { summary: '', sets: 'want_threads' } as const;
defineTool({ ...FORKS, flags: { threads: { ...want, fields: ['is_thread'], replaces: { pid: 'tid' } } } });
// @ts-expect-error no such constant
defineTool({ ...FORKS, flags: { threads: { summary: '', sets: 'want_thread' } } });
// @ts-expect-error a shared flag, whose constant it has not
defineTool({ ...FORKS, flags: { threads: want, ...FEATURES.stack.toolFlags } });
// @ts-expect-error no such column
defineTool({ ...FORKS, flags: { threads: { ...want, fields: ['is_thred'] } } });
// @ts-expect-error no such column
defineTool({ ...FORKS, flags: { threads: { ...want, shows: ['is_thred'] } } });
// @ts-expect-error no such column
defineTool({ ...FORKS, flags: { threads: { ...want, replaces: { pd: 'tid' } } } });
// @ts-expect-error no such column
defineTool({ ...FORKS, flags: { threads: { ...want, replaces: { pid: 'td' } } } });
// @ts-expect-error no such member of a flag
defineTool({ ...FORKS, flags: { threads: { ...want, show: ['is_thread'] } } });

const size = { summary: '', sets: 'max_args', default: '1K', most: 2 } as const;
defineTool({ ...PROCESSES, flags: { a: { takes: 'size', ...size, room: ['stories'], fits: ['stories', 1] } } });
// @ts-expect-error no such map
defineTool({ ...PROCESSES, flags: { a: { takes: 'size', ...size, room: ['storys'] } } });
// @ts-expect-error no such map
defineTool({ ...PROCESSES, flags: { a: { takes: 'size', ...size, room: ['stories'], fits: ['storys', 1] } } });

// Aggregates.
// @ts-expect-error no such flag
defineTool({ ...SIGNALS, tally: { ...COUNTS, flag: 'cont' } });
// @ts-expect-error no such struct
defineTool({ ...SIGNALS, tally: { ...COUNTS, event: { struct: 'sigsnoop_cont', name: '' } } });
// @ts-expect-error a column of events, not of rows
defineTool({ ...SIGNALS, tally: { ...COUNTS, columns: ['pid'] } });
// @ts-expect-error a column without a description
defineTool({ ...SIGNALS, tally: { ...COUNTS, fields: WITHOUT_COUNT } });
// @ts-expect-error a description without a column
defineTool({ ...SIGNALS, tally: { ...COUNTS, fields: { ...COUNTS.fields, pid: '' } } });
// @ts-expect-error no such column
defineTool({ ...SIGNALS, tally: { ...COUNTS, sort: 'cont' } });
// @ts-expect-error no such column
defineTool({ ...SIGNALS, tally: { ...COUNTS, sums: ['cont'] } });
// @ts-expect-error no such column
defineTool({ ...SIGNALS, tally: { ...COUNTS, metrics: { cont: { name: '', description: '' } } } });

// OpenTelemetry.
defineTool({ ...FORKS, otlp: { attributes: { child_pid: { name: '', unless: 'error' } }, warns: ['error'] } });
// @ts-expect-error no such column
defineTool({ ...FORKS, otlp: { attributes: { chld_pid: '' } } });
// @ts-expect-error no such column
defineTool({ ...FORKS, otlp: { attributes: { child_pid: { name: '', unless: 'eror' } } } });
// @ts-expect-error no such column
defineTool({ ...FORKS, otlp: { attributes: { child_pid: { name: '', with: 'eror' } } } });
// @ts-expect-error attributes of sockets, which it has not
defineTool({ ...FORKS, otlp: { attributes: CLIENT_ATTRIBUTES } });
// @ts-expect-error no such column
defineTool({ ...FORKS, otlp: { warns: ['eror'] } });

// Hooks.
// @ts-expect-error no such program
defineTool({ ...FORKS, hooks: { forks: { ways: [{ programs: ['handle_frk'] }] } } });
// @ts-expect-error no such program
defineTool({ ...FORKS, hooks: { forks: { ways: [{ programs: ['handle_fork'], optional: ['handle_frk'] }] } } });
// @ts-expect-error hooks of sockets, whose programs it has not
defineTool({ ...FORKS, hooks: { ...FORKS.hooks, ...FEATURES.owners.hooks } });

// Features.
defineTool({ ...PROCESSES, features: ['ending', 'tree'] });
// @ts-expect-error no such feature
defineTool({ ...FORKS, features: ['tre'] });
// @ts-expect-error a column that no feature describes without it
defineTool({ ...PROCESSES, features: ['tree'] });
// @ts-expect-error it has neither the columns nor the constant of it
defineTool({ ...FORKS, features: ['stack'] });
// @ts-expect-error it has not the programs of it
defineTool({ ...FORKS, features: ['cpu-clock'] });
