import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCommands } from '../../scripts/commands.js';
import { notFoundText } from '../../src/cli/flags/not-found.js';
import { closest } from '../../src/closest.js';
import { needs } from '../capability.js';
import { type Finished, run, SNOOPKIT, snoopkit } from '../helpers/run.js';

/** The modules of ours that a run executes. In the bundle each is a function with its name, which V8 counts. */
async function loadedBy(...args: string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'snoopkit-coverage-'));
  try {
    const { status, said } = await snoopkit(args, { env: { ...process.env, NODE_V8_COVERAGE: folder } });
    assert.equal(status, 0, said);
    const scripts = readdirSync(folder).flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).result);
    const bundle = scripts.find(({ url }) => url.endsWith('/main.cjs'));
    return bundle.functions
      .filter(({ functionName, ranges }: Counted) => functionName.startsWith('dist/') && ranges[0].count > 0)
      .map(({ functionName }: Counted) => functionName);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A function as NODE_V8_COVERAGE tells of it; the first range is all of it. */
interface Counted {
  readonly functionName: string;
  readonly ranges: readonly [{ readonly count: number }];
}

const isTool = (file: string) => /^dist\/(tools|src\/commands)\//.test(file);
/** Modules needed only by a run that traces. */
const TRACING = ['dist/src/cli/flags/options.js', 'dist/src/cli/session.js', 'dist/src/native/load.js'];
const isTracing = (file: string) => TRACING.includes(file);

function assertReadable({ status, said, stdout }: Finished, width = 80): string {
  assert.equal(status, 0, said);
  assert.equal(said, '');
  const text = stdout.toString();
  assert.doesNotMatch(text.replaceAll('\n', ' '), /\p{Cc}|<%|undefined|\[object/u);
  for (const line of text.split('\n')) assert.ok(line.length <= width, `longer than ${width}: ${line}`);
  return text;
}

const headersOf = (text: string) => text.split('\n').filter((line) => /^[A-Z][A-Z ]+$/.test(line));
const commands = await loadCommands();

/** Output on a terminal of this width. */
async function onTerminal(columns: number, ...args: string[]): Promise<string> {
  const command = [process.execPath, SNOOPKIT, ...args].map((word) => `'${word}'`).join(' ');
  const env = { ...process.env, NO_COLOR: '1', TERM: 'xterm' };
  const script = `stty cols ${columns} rows 24; ${command}`;
  const { stdout } = await run('script', ['-qec', script, '/dev/null'], { env });
  return stdout.toString().replaceAll('\r\n', '\n');
}

describe('cli: help', () => {
  for (const words of ['--help', 'opensnoop --help', 'completion bash', '--version', '-V', 'help otlp'])
    it(`${words} on a full disk: one line, and status 1`, async () => {
      const { status, lines } = await run('sh', ['-c', `"$0" "$1" ${words} >/dev/full`, process.execPath, SNOOPKIT]);
      const told = 'snoopkit: cannot write to standard output: no space left on device (ENOSPC)';
      assert.deepEqual([status, lines], [1, [told]]);
    });

  it('lists the tools with their summary, examples first', async () => {
    const text = assertReadable(await snoopkit(['--help']));
    assert.deepEqual(headersOf(text), ['USAGE', 'EXAMPLES', 'TOOLS', 'OTHER COMMANDS']);
    assert.match(text, /^TOOLS\n(.+\n)* {2}opensnoop +trace open\(2\), /m);
    assert.match(text, /^OTHER COMMANDS\n {2}completion /m);
    for (const args of [['-h'], [], ['help'], ['help', 'all']])
      assert.equal((await snoopkit(args)).stdout.toString(), text, args.join());
  });

  it('teaches a tool: examples, its own flags, and of what it shares a line', async () => {
    const text = assertReadable(await snoopkit(['opensnoop', '--help']));
    assert.deepEqual(headersOf(text), ['USAGE', 'EXAMPLES', 'DESCRIPTION', 'FLAGS', 'COLUMNS', 'SHARED FLAGS', 'MORE']);
    assert.match(text, /^ {4}\$ snoopkit opensnoop -x -n nginx$/m);
    assert.match(text, /^ {2}--full-path +show absolute paths/m);
    for (const args of [
      ['opensnoop', '-h'],
      ['help', 'opensnoop'],
      ['--help', 'opensnoop'],
      ['opensnoop', '-p', '1', '-h'],
    ])
      assert.equal((await snoopkit(args)).stdout.toString(), text, args.join());
  });

  it('describes a tool in full on request', async () => {
    const text = assertReadable(await snoopkit(['opensnoop', '--help', 'all']));
    assert.deepEqual(headersOf(text), [
      'USAGE',
      'EXAMPLES',
      'DESCRIPTION',
      'FLAGS',
      'FILTER FLAGS',
      'OUTPUT FLAGS',
      'RUN FLAGS',
      'OTLP FLAGS',
      'COLUMNS',
      'CAVEATS',
      'OVERHEAD',
      'EXIT STATUS',
    ]);
    assert.match(text, /^ {2}-p, --pid=PID +only these processes$/m);
    assert.match(text, /^ {6}--ppid=PID /m);
    assert.match(text, /^ {2}-T, --time\[=HOW\] /m);
    assert.match(text, /^ {6}--\[no-\]color /m);
    assert.match(text, /^ {2}path +path as passed by the program$/m);
    assert.equal((await snoopkit(['help', 'opensnoop', 'all'])).stdout.toString(), text);
  });

  for (const { name: id, tool, command } of commands)
    it(`of ${id} is no longer than a screen or two, and names each flag and its group`, async () => {
      const text = assertReadable(await snoopkit([id, '--help']));
      assert.ok(text.split('\n').length <= 60, `${id} has ${text.split('\n').length} lines`);
      if (!tool) return;
      const all = (await snoopkit([id, '--help', 'all'])).stdout.toString();
      for (const [name, { char, helpGroup, hidden }] of Object.entries(command.flags)) {
        if (hidden) continue;
        assert.ok(new RegExp(`--(\\[no-\\])?${name}\\b`).test(all), `${id} --${name}`);
        if (helpGroup) assert.match(text, new RegExp(`^ {2}${helpGroup.toLowerCase()} `, 'm'), id);
        if (char) assert.match(text, new RegExp(` -${char}\\b`), `${id} -${char}`);
      }
    });

  it('describes a single group of flags', async () => {
    const otlp = assertReadable(await snoopkit(['help', 'otlp']));
    assert.deepEqual(headersOf(otlp), ['OTLP FLAGS']);
    assert.match(otlp, /^ {2}--otlp-endpoint=URL /m);
    for (const args of [
      ['opensnoop', '--help', 'otlp'],
      ['--help', 'otlp'],
      ['help', 'opensnoop', 'OTLP'],
    ])
      assert.equal((await snoopkit(args)).stdout.toString(), otlp, args.join());
    const { status, said } = await snoopkit(['help', 'opensnoop', 'nothing']);
    assert.equal(said, 'snoopkit: no help topic nothing for opensnoop; topics: all, filter, output, run, otlp\n');
    assert.equal(status, 2);
  });

  for (const [columns, width] of [
    [40, 40],
    [60, 60],
    [80, 80],
    [100, 100],
    [200, 100],
  ] as const)
    it(`is as wide as the terminal, up to 100: ${columns}`, async () => {
      for (const args of [['--help'], ['tcplife', '--help', 'all'], ['help', 'filter']]) {
        const lines = (await onTerminal(columns, ...args)).split('\n').filter((line) => !/^ +(\$ |\S+$)/.test(line));
        const longest = Math.max(...lines.map((line) => line.length));
        assert.ok(longest <= width && longest > width - 20, `${args}: ${longest} of ${columns}`);
      }
    });

  it('needs neither /proc nor /sys', async function () {
    needs(this, 'root');
    const command = `"${process.execPath}" "${SNOOPKIT}"`;
    for (const words of ['--help', 'opensnoop --help', 'help otlp', '--version']) {
      const hidden = 'mount -t tmpfs none /sys; mount -t tmpfs none /proc';
      const { status, said, stdout } = await run('unshare', ['-m', 'sh', '-c', `${hidden}; ${command} ${words}`]);
      assert.deepEqual([status, said], [0, ''], words);
      assert.equal(stdout.toString(), (await snoopkit(words.split(' '))).stdout.toString());
    }
  });

  it('describes every command', async () => {
    for (const command of ['completion', 'help', 'man', 'schema', 'vmlinux']) {
      assert.match(assertReadable(await snoopkit([command, '--help'])), /^USAGE\n {2}\$ snoopkit /m, command);
    }
  });

  it('is in colour only where it may be', async () => {
    const { TERM: _term, NO_COLOR: _no, ...env } = process.env;
    const { stdout } = await snoopkit(['opensnoop', '--help'], { env: { ...env, FORCE_COLOR: '1' } });
    assert.ok(stdout.includes('\u001b[1m'), 'this test sees no colour');
    assertReadable(await snoopkit(['opensnoop', '--help'], { env: { ...env, TERM: 'xterm-256color' } }));
  });

  it('loads the tool that it tells of, and nothing that traces', async () => {
    const loaded = await loadedBy('opensnoop', '--help');
    assert.deepEqual(loaded.filter(isTool), ['dist/tools/opensnoop.js']);
    assert.deepEqual(loaded.filter(isTracing), []);
  });

  it('is not loaded by a run that traces, nor is what it has no use for', async function () {
    needs(this, 'root');
    const loaded = await loadedBy('opensnoop', '--', 'true');
    assert.deepEqual(loaded.filter(isTracing).sort(), TRACING);
    assert.deepEqual(loaded.filter(isTool), ['dist/tools/opensnoop.js']);
    const useless = /cli\/(help|manual|completion|doctor|otlp-run)|otlp\/(delivery|transport|metrics|spans|spool)/;
    assert.deepEqual(
      loaded.filter((file) => useless.test(file)),
      [],
    );
  });

  it('loads no tool to list them', async () => {
    const loaded = await loadedBy('--help');
    assert.deepEqual(
      loaded.filter((file) => isTool(file) || isTracing(file)),
      [],
    );
    assert.ok((await loadedBy('--version')).length <= 12);
  });

  it('leaves --help behind -- to the command', async () => {
    const { status, said } = await snoopkit(['opensnoop', '-F', 'nothing', '--', 'true', '--help']);
    assert.notEqual(status, 0);
    assert.match(said, /^snoopkit: /);
  });
});

describe('cli: words that are wrong', () => {
  const told = async (...args: string[]) => {
    const { status, stdout, said } = await snoopkit(args);
    assert.equal(status, 2, said);
    assert.equal(stdout.length, 0);
    return said;
  };

  it('takes snoopkit itself for a page, too', async () => {
    for (const command of ['help', 'man']) {
      const [own, named] = await Promise.all([snoopkit([command]), snoopkit([command, 'snoopkit'])]);
      assert.deepEqual([named.status, named.said], [0, own.said]);
      assert.ok(own.stdout.length > 1000);
      assert.equal(named.stdout.toString(), own.stdout.toString());
    }
    assert.equal(await told('man', 'snoopki'), 'snoopkit: unknown command snoopki (see snoopkit --help)\n');
  });

  it('names the command that was meant', async () => {
    assert.equal(await told('opensnop'), 'snoopkit: unknown command opensnop; did you mean opensnoop?\n');
    assert.equal(await told('opensnop', '--help'), 'snoopkit: unknown command opensnop; did you mean opensnoop?\n');
    assert.equal(await told('help', 'opensnop'), 'snoopkit: unknown command opensnop; did you mean opensnoop?\n');
    assert.equal(await told('man', 'opensnop'), 'snoopkit: unknown command opensnop; did you mean opensnoop?\n');
    assert.match(await told('--bogus'), /^snoopkit: unknown flag --bogus; flags follow a command .*\n$/);
  });

  it('says in one line what is wrong with flags and arguments', async () => {
    for (const args of [
      ['opensnoop', '--bogus'],
      ['opensnoop', '-o', 'xml'],
      ['opensnoop', 'word'],
      ['opensnoop', '--pid'],
      ['schema'],
      ['completion', 'tcsh'],
    ]) {
      assert.match(await told(...args), /^snoopkit: [^\n]+ \(see snoopkit [a-z]+ --help\)\n$/, args.join(' '));
    }
    assert.match(await told('schema', 'vmlinux'), /^snoopkit: unknown tool vmlinux .*\n$/);
  });

  it('is the same in a development environment', async () => {
    const { status, lines } = await snoopkit(['opensnoop', '--bogus'], {
      env: { ...process.env, NODE_ENV: 'development' },
    });
    assert.equal(status, 2);
    assert.equal(lines.length, 1, lines.join('\n'));
  });

  it('guesses only what is near', () => {
    const words = ['opensnoop', 'execsnoop', 'bindsnoop', 'vmlinux', 'tcpaccept', 'tcpretrans', 'udpsnoop'];
    for (const [word, ...meant] of [
      ['opne'],
      ['open', 'opensnoop'],
      ['opesnnoop', 'opensnoop'],
      ['opensnop', 'opensnoop'],
      ['execsnop', 'execsnoop'],
      ['execsnp', 'execsnoop'],
      ['binsnoop', 'bindsnoop'],
      ['vmlinus', 'vmlinux'],
      ['tcpretran', 'tcpretrans'],
      ['tcpretrnas', 'tcpretrans'],
      ['retrans', 'tcpretrans'],
      ['tcp', 'tcpaccept', 'tcpretrans'],
      ['biosnoop'],
      ['killsnoop'],
      ['dnssnoop'],
      ['tcpsnoop'],
      ['ls'],
      [''],
    ] as const)
      assert.deepEqual(closest(word, words), meant, word);
    assert.equal(notFoundText('ls', words), 'unknown command ls (see snoopkit --help)');
    assert.equal(notFoundText('tcp', words), 'unknown command tcp; did you mean tcpaccept or tcpretrans?');
  });

  it('shows what a terminal would obey, wherever it stands on a command line', async function () {
    needs(this, 'root');
    const hostile = '\x1b[31m\nX\u202e\u00a0';
    for (const args of [
      [hostile],
      [hostile, '--help'],
      ['help', hostile],
      ['help', 'opensnoop', hostile],
      ['man', hostile],
      ['doctor', hostile],
      ['schema', hostile],
      ['completion', hostile],
      ['opensnoop', hostile],
      ['opensnoop', `--${hostile}`],
      ['opensnoop', '--uid', hostile],
      ['opensnoop', '--pid', hostile],
      ['opensnoop', '--comm', hostile.repeat(9)],
      ['opensnoop', '--fields', hostile],
      ['opensnoop', '--cgroup', hostile],
      ['opensnoop', '--hooks', hostile],
      ['opensnoop', '--duration', hostile],
      ['opensnoop', '--output', hostile],
      ['opensnoop', '--out', `/nowhere/${hostile}`],
      ['opensnoop', '--btf', hostile],
      ['opensnoop', '--', hostile],
      ['sigsnoop', '--count', '--sort', hostile],
      ['vmlinux', '--btf', hostile],
    ]) {
      const { status, said, lines } = await snoopkit(args);
      assert.notEqual(status, 0, args.join(' '));
      assert.doesNotMatch(said.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\u00a0]/u, args.join(' '));
      assert.equal(lines.length, 1, said);
      assert.match(said, /^snoopkit: .*X/, args.join(' '));
    }
  }).timeout(180_000);
});

describe('cli: version', () => {
  it('is printed without the addon', async () => {
    assert.deepEqual((await loadedBy('--version')).filter(isTracing), []);
    const { status, stdout } = await snoopkit(['--version']);
    assert.equal(status, 0);
    assert.equal((await snoopkit(['-V'])).stdout.toString(), stdout.toString());
    assert.match(stdout.toString(), /^snoopkit\/\d+\.\d+\.\d+ linux-(x64|arm64) node-v\d+/);
  });
});

describe('cli: manual pages', () => {
  /** A man(1) that tells what it is asked for. */
  async function shown(path: string, ...args: string[]): Promise<Finished> {
    const folder = mkdtempSync(join(tmpdir(), 'snoopkit-man-'));
    try {
      if (path === 'man') writeFileSync(join(folder, 'man'), '#!/bin/sh\nhead -n 2 "$2"\nexit 3\n', { mode: 0o755 });
      return await snoopkit(['man', ...args], {
        env: { ...process.env, PATH: path === 'man' ? `${folder}:/usr/bin:/bin` : folder },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('are shown by man, whose status it has', async () => {
    for (const [args, title] of [
      [[], 'SNOOPKIT 8'],
      [['tcplife'], 'SNOOPKIT\\-TCPLIFE 8'],
      [['options'], 'SNOOPKIT\\-OPTIONS 7'],
    ] as const) {
      const { status, stdout, said } = await shown('man', ...args);
      assert.match(stdout.toString(), new RegExp(`^\\.TH ${title.replaceAll('\\', '\\\\')} `, 'm'));
      assert.deepEqual([status, said], [3, '']);
    }
  });

  it('are help where there is no man', async () => {
    const { status, stdout, said } = await shown('none', 'tcplife');
    assert.deepEqual([status, said], [0, 'snoopkit: man(1) is not installed: showing --help all instead\n']);
    assert.equal(stdout.toString(), (await snoopkit(['tcplife', '--help', 'all'])).stdout.toString());
    const groups = await Promise.all(['filter', 'output', 'run', 'otlp'].map((group) => snoopkit(['help', group])));
    const options = await shown('none', 'options');
    assert.equal(options.stdout.toString(), groups.map((group) => group.stdout.toString()).join(''));
  });
});
