import { list, toggle } from '../../flags/flag.js';
import { parseCgroups, parseComms, parseIntegers, parseNamespaces, parseUsers } from '../../values.js';
import { defineFeature } from '../feature.js';

const group = 'FILTER';

/** The tasks that a tool looks at. */
export const feature = defineFeature({
  isInEveryTool: true,
  needs: ['cgroups'],
  programs: ['follow_fork', 'follow_exit'],
  flags: {
    pid: list({ group, char: 'p', value: 'PID', summary: 'only these processes', parse: parseIntegers }),
    tid: list({ group, char: 't', value: 'TID', summary: 'only these threads', parse: parseIntegers }),
    ppid: list({
      group,
      value: 'PID',
      summary: 'only children of these processes',
      parse: (flag, texts) => parseIntegers(flag, texts, 0),
    }),
    uid: list({
      group,
      char: 'u',
      value: 'USER',
      summary: 'only these users (real or effective uid), by name or number',
      parse: parseUsers,
    }),
    comm: list({
      group,
      char: 'n',
      value: 'TEXT',
      summary: 'only processes or threads whose name contains TEXT',
      parse: parseComms,
    }),
    cgroup: list({
      group,
      char: 'c',
      value: 'PATH',
      summary: 'only these cgroups (v2) and their descendants',
      parse: parseCgroups,
    }),
    mntns: list({
      group,
      value: 'ID|pid:N',
      summary: 'only these mount namespaces, by id (as lsns shows it) or that of process N',
      parse: (flag, texts) => parseNamespaces(flag, 'mnt', texts),
    }),
    netns: list({
      group,
      value: 'ID|pid:N',
      summary: 'only these network namespaces',
      parse: (flag, texts) => parseNamespaces(flag, 'net', texts),
    }),
    follow: toggle({ group, char: 'f', summary: 'with --pid or -- COMMAND: trace descendants, too' }),
    failed: toggle({ group, char: 'x', summary: 'only failures' }),
  },
});
