/*
 * What bcc and libbpf-tools call otherwise: for who comes from there, what to use here. Names that are the same here are
 * not in it; test/cli/other-tools.test.ts sees that what is named exists.
 */

/** What is for what one of their tools was; the first word is the command. */
export const INSTEAD: Readonly<Record<string, string>> = {
  killsnoop: 'sigsnoop --kill',
  tcpconnlat: 'tcpconnect',
  tcptracer: 'tcplife',
  tcpsnoop: 'tcplife',
  soconnect: 'tcpconnect',
  soaccept: 'tcpaccept',
  soconnlat: 'tcpconnect',
  udpconnect: 'udpsnoop',
  tcpsubnet: 'tcptop',
  pidpersec: 'procsnoop',
  filegone: 'filesnoop',
  forkstat: 'forksnoop',
  threadsnoop: 'forksnoop --threads',
  dnssnoop: 'tcpconnect --dns',
  gethostlatency: 'tcpconnect --dns',
};

/** Theirs for which there is nothing here yet. */
export const MISSING: ReadonlySet<string> = new Set(
  `argdist bashreadline biolatency biolatpcts biopattern biosnoop biostacks biotop bitesize bootlogd btrfsdist btrfsslower
  cachestat cachetop capable compactsnoop cpudist cpufreq cpuunclaimed criticalstat dbslower dbstat dcsnoop dcstat deadlock
  dirtop drsnoop execslower ext4dist ext4slower f2fsslower filelife fileslower filetop fsdist fsslower funccount
  funcinterval funclatency funcslower futexctn hardirqs inject javagc kernelstack klockstat ksnoop kvmexit llcstat loads
  mdflush memleak mountsnoop mysqld_qslower netqtop nfsdist nfsslower numamove numasched offcputime offwaketime oomkill
  ppchcalls profile rdmaucma readahead runqlat runqlen runqslower setuids shmsnoop slabratetop softirqs sslsniff
  stackcount statsnoop swapin swapon syncsnoop syscount tcpcong tcppktlat tcpsynbl tcpwin tplist trace ttysnoop
  undump vfscount vfsstat virtiostat wakeuptime wqlat writeback xfsdist xfsslower zfsdist zfsslower`.split(/\s+/),
);

/** As distributions and bpftrace call them: opensnoop-bpfcc, opensnoop.bt. */
const ENDINGS = /(-bpfcc|-libbpf|_bpf|\.bt|\.py)$/;

/** One line about one of their names; undefined for any other. */
export function insteadOf(word: string, commands: readonly string[]): string | undefined {
  const name = word.replace(ENDINGS, '');
  if (name !== word && commands.includes(name)) return `${word} is ${name} here`;
  const instead = INSTEAD[name];
  if (instead !== undefined) return `what ${word} does is snoopkit ${instead} here`;
  if (!MISSING.has(name)) return undefined;
  return `there is nothing here yet for what ${name} of bcc and libbpf-tools does (snoopkit --help lists what there is)`;
}

type Flags = Readonly<Record<string, string>>;

const USER = '-F +user';
const TIME = '-T';
const CSV = '-o csv';
const WIDE = 'leave it out: nothing is cut where columns are too narrow';

/** What their flags are here, in any tool that does not say otherwise; those alone that mean nothing here, or need no value there. */
const COMMON: Flags = {
  '-U': USER,
  '--print-uid': USER,
  '-t': TIME,
  '--timestamp': TIME,
  '--time': TIME,
  '--fails': '-x',
  '--name': '-n',
  '--csv': CSV,
  '--cgroupmap': '-c',
  '--mntnsmap': '--mntns',
  '-b': '--buffer',
  '--buffer-pages': '--buffer',
  '--exec': '--, with the command behind it',
  '-w': WIDE,
  '--wide': WIDE,
  '--utc': '-T=utc',
  '--localport': '--local-port',
  '--remoteport': '--remote-port',
  '--lport': '--local-port',
  '--rport': '--remote-port',
  '--ports': '-P',
  '-e': '-F, with the columns to show',
  '-m': 'leave it out: units are told',
  '--millisecond': 'leave it out: units are told',
};

const TCP: Flags = { '-L': '--local-port', '-D': '--remote-port', '-s': CSV };

/** The same for one tool. */
export const THEIRS: Readonly<Record<string, Flags>> = {
  '': COMMON,
  opensnoop: {
    '-e': '-F +flags,+mode',
    '--extended-fields': '-F +flags,+mode',
    '-F': '--full-path',
  },
  execsnoop: {
    '-q': 'leave it out: words are quoted as for a shell',
    '--quote': 'leave it out: words are quoted as for a shell',
    '-l': '-o json, and jq',
    '--line': '-o json, and jq',
    '-P': '--ppid',
    '-M': '-F +parent_comm',
    '--print-pcomm': '-F +parent_comm',
  },
  exitsnoop: {
    '--threaded': '--threads',
    '--per-thread': '--threads',
    '--label': '-o json, and jq',
  },
  sigsnoop: { '-k': '--kill', '--name': 'leave it out: signals have names' },
  bindsnoop: { '-E': '-x', '--errors': '-x', '--count': '-o json, and jq' },
  solisten: { '--show-netns': '-F +netns' },
  tcpconnect: {
    '-c': '--count',
    '-s': '-F +local_port',
    '--source-port': '-F +local_port',
    '-L': '-F +local_port',
    '-d': '--dns',
  },
  tcpretrans: { '-s': '-F +seq', '--sequence': '-F +seq', '-l': 'leave it out: kind tells', '-c': '--count' },
  tcpdrop: { '--netns-id': '--netns', '--pid-netns': '--netns pid:N' },
  tcplife: TCP,
  tcpstates: { ...TCP, '-Y': '-o json, and systemd-cat', '--journal': '-o json, and systemd-cat' },
  tcptop: {
    '-C': '-o table, through a pipe',
    '--noclear': '-o table, through a pipe',
    '-S': 'leave it out: sums stand in the title',
    '--nosummary': 'leave it out: sums stand in the title',
    '-s': '--sort',
    '-r': '--rows',
  },
  tcprtt: {
    '-a': '--local-addr',
    '--laddr': '--local-addr',
    '-A': '--remote-addr',
    '--raddr': '--remote-addr',
    '-b': '--by-local-addr',
    '--byladdr': '--by-local-addr',
    '-B': '--by-remote-addr',
    '--byraddr': '--by-remote-addr',
    '-e': 'leave it out: the average is shown',
    '--extension': 'leave it out: the average is shown',
    '-D': '-v',
  },
};

/** What one of their flags is here, in a line; undefined for any other. */
export function flagInstead(tool: string, flag: string): string | undefined {
  const instead = THEIRS[tool]?.[flag] ?? COMMON[flag];
  if (instead === undefined) return undefined;
  return instead.startsWith('-') ? `what ${flag} is elsewhere is ${instead} here` : `${flag}: ${instead}`;
}
