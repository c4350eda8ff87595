/*
 * Names of bcc and libbpf-tools that differ from ours, for users who come from there. Names that are the same are not
 * listed; test/cli/other-tools.test.ts checks that all replacements exist.
 */

/** Replacements for their tools; the first word is the command. */
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

/** Their tools without an equivalent here yet. */
export const MISSING: ReadonlySet<string> = new Set(
  `argdist bashreadline biolatency biolatpcts biopattern biosnoop biostacks biotop bitesize bootlogd btrfsdist btrfsslower
  cachestat cachetop capable compactsnoop cpudist cpufreq cpuunclaimed criticalstat dbslower dbstat dcsnoop dcstat deadlock
  dirtop drsnoop execslower ext4dist ext4slower f2fsslower filelife fileslower filetop fsdist fsslower funccount
  funcinterval funclatency funcslower futexctn hardirqs inject javagc kernelstack klockstat ksnoop kvmexit llcstat loads
  mdflush memleak mountsnoop mysqld_qslower netqtop nfsdist nfsslower numamove numasched offcputime offwaketime oomkill
  ppchcalls profile rdmaucma readahead runqlat runqlen runqslower setuids shmsnoop slabratetop sofdsnoop softirqs sslsniff
  stackcount statsnoop swapin swapon syncsnoop syscount tcpcong tcppktlat tcpsynbl tcpwin tplist trace ttysnoop
  undump vfscount vfsstat virtiostat wakeuptime wqlat writeback xfsdist xfsslower zfsdist zfsslower`.split(/\s+/),
);

/** Suffixes used by distributions and bpftrace: opensnoop-bpfcc, opensnoop.bt. */
const ENDINGS = /(-bpfcc|-libbpf|_bpf|\.bt|\.py)$/;

/** One line about one of their tools; undefined for any other word. */
export function insteadOf(word: string, commands: readonly string[]): string | undefined {
  const name = word.replace(ENDINGS, '');
  if (name !== word && commands.includes(name)) return `for ${word}, use snoopkit ${name}`;
  const instead = INSTEAD[name];
  if (instead !== undefined) return `for ${word}, use snoopkit ${instead}`;
  if (!MISSING.has(name)) return undefined;
  return `no equivalent of ${name} (bcc, libbpf-tools) yet (see snoopkit --help)`;
}

type Flags = Readonly<Record<string, string>>;

const USER = '-F +user';
const TIME = '-T';
const CSV = '-o csv';
const WIDE = 'not needed: wide values are not cut';

/** Replacements for their flags, for all tools without an entry below. Only flags that are unknown here, or take no value there. */
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
  '--exec': '--, followed by the command',
  '-w': WIDE,
  '--wide': WIDE,
  '--utc': '-T=utc',
  '--localport': '--local-port',
  '--remoteport': '--remote-port',
  '--lport': '--local-port',
  '--rport': '--remote-port',
  '--ports': '-P',
  '-e': '-F, followed by the columns to show',
  '-m': 'not needed: durations are shown with units',
  '--millisecond': 'not needed: durations are shown with units',
};

const TCP: Flags = { '-L': '--local-port', '-D': '--remote-port', '-s': CSV };

/** Flags of one tool of theirs. */
export const THEIRS: Readonly<Record<string, Flags>> = {
  '': COMMON,
  opensnoop: {
    '-e': '-F +flags,+mode',
    '--extended-fields': '-F +flags,+mode',
    '-F': '--full-path',
  },
  execsnoop: {
    '-q': 'not needed: arguments are quoted as in a shell',
    '--quote': 'not needed: arguments are quoted as in a shell',
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
  sigsnoop: { '-k': '--kill', '-s': '--signal', '--name': 'not needed: signals are shown by name' },
  bindsnoop: { '-E': '-x', '--errors': '-x', '--count': '-o json, and jq' },
  solisten: { '--show-netns': '-F +netns' },
  tcpconnect: {
    '-c': '--count',
    '-s': '-F +local_port',
    '--source-port': '-F +local_port',
    '-L': '-F +local_port',
    '-d': '--dns',
  },
  tcpretrans: { '-s': '-F +seq', '--sequence': '-F +seq', '-l': 'not needed: see column kind', '-c': '--count' },
  tcpdrop: { '--netns-id': '--netns', '--pid-netns': '--netns pid:N' },
  tcplife: TCP,
  tcpstates: { ...TCP, '-Y': '-o json, and systemd-cat', '--journal': '-o json, and systemd-cat' },
  tcptop: {
    '-C': '-o table, through a pipe',
    '--noclear': '-o table, through a pipe',
    '-S': 'not needed: totals are in the title line',
    '--nosummary': 'not needed: totals are in the title line',
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
    '-e': 'not needed: the average is always shown',
    '--extension': 'not needed: the average is always shown',
    '-D': '-v',
  },
};

/** One line about one of their flags; undefined for any other flag. */
export function flagInstead(tool: string, flag: string): string | undefined {
  const instead = THEIRS[tool]?.[flag] ?? COMMON[flag];
  if (instead === undefined) return undefined;
  return instead.startsWith('-') ? `for ${flag}, use ${instead}` : `${flag}: ${instead}`;
}
