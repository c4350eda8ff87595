import assert from 'node:assert/strict';
import { loadCommands } from '../../scripts/commands.js';
import { notFoundText } from '../../src/cli/flags/not-found.js';
import { flagInstead, INSTEAD, MISSING, THEIRS } from '../../src/cli/flags/other-tools.js';
import { snoopkit } from '../helpers/run.js';

const commands = await loadCommands();
const names = commands.map(({ name }) => name);

/** Sees that flags which a text names are a tool's. */
function assertFlags(tool: string, text: string): void {
  const found = commands.find(({ name }) => name === tool);
  const forms = Object.entries(found?.command.flags ?? {}).flatMap(([name, { char }]) => [`--${name}`, `-${char}`]);
  for (const [form] of text.matchAll(/(?<![\w-])--?[a-zA-Z][\w-]*/g))
    assert.ok(forms.includes(form), `${tool} ${form}`);
}

describe('cli: names of bcc and libbpf-tools', () => {
  it('lead to what there is', () => {
    for (const [theirs, instead] of Object.entries(INSTEAD)) {
      assert.ok(!names.includes(theirs), `${theirs} is a name of ours`);
      const [tool = ''] = instead.split(' ');
      assert.ok(names.includes(tool), instead);
      assertFlags(tool, instead);
      assert.equal(notFoundText(theirs, names), `for ${theirs}, use snoopkit ${instead}`);
    }
    for (const theirs of MISSING) assert.ok(!names.includes(theirs) && !(theirs in INSTEAD), theirs);
  });

  it('are reported in one line each', async () => {
    const lines = {
      killsnoop: 'for killsnoop, use snoopkit sigsnoop --kill',
      'killsnoop-bpfcc': 'for killsnoop-bpfcc, use snoopkit sigsnoop --kill',
      'opensnoop-bpfcc': 'for opensnoop-bpfcc, use snoopkit opensnoop',
      'tcplife.bt': 'for tcplife.bt, use snoopkit tcplife',
      biosnoop: 'no equivalent of biosnoop (bcc, libbpf-tools) yet (see snoopkit --help)',
      sofdsnoop: 'no equivalent of sofdsnoop (bcc, libbpf-tools) yet (see snoopkit --help)',
    };
    for (const [word, line] of Object.entries(lines))
      for (const args of [[word], ['help', word], [word, '-p', '1']]) {
        const { status, said, stdout } = await snoopkit(args);
        assert.deepEqual([status, said, stdout.length], [2, `snoopkit: ${line}\n`, 0]);
      }
  });
});

describe('cli: flags of bcc and libbpf-tools', () => {
  it('lead to flags that there are', () => {
    for (const [tool, flags] of Object.entries(THEIRS)) {
      assert.ok(tool === '' || names.includes(tool), tool);
      for (const [theirs, instead] of Object.entries(flags)) {
        assert.match(theirs, /^(-\w|--[a-z][\w-]+)$/);
        if (instead.startsWith('-')) assertFlags(tool === '' ? 'tcplife' : tool, instead.split(',')[0] as string);
        assert.ok(flagInstead(tool, theirs)?.includes(theirs));
      }
    }
  });

  for (const [words, line] of [
    ['opensnoop -U', 'for -U, use -F +user'],
    ['opensnoop -e', 'for -e, use -F +flags,+mode'],
    ['opensnoop -F', 'Flag --fields expects a value; for -F, use --full-path'],
    ['tcpconnect -t', 'Flag --tid expects a value; for -t, use -T'],
    ['tcpconnect -c', 'Flag --cgroup expects a value; for -c, use --count'],
    ['tcplife -D 443', 'for -D, use --remote-port'],
    ['sigsnoop -k', 'for -k, use --kill'],
    ['sigsnoop -s 9', 'for -s, use --signal'],
    ['execsnoop --quote', '--quote: not needed: arguments are quoted as in a shell'],
    ['opensnoop --pids 1', 'unknown flag --pids; did you mean --pid?'],
    ['opensnoop --zzzz', 'unknown flag --zzzz'],
    ['opensnoop --pids=1', 'unknown flag --pids=1; did you mean --pid?'],
    ['opensnoop --user=', 'unknown flag --user='],
    ['opensnoop cat FILE', 'to trace a command, put -- before it: snoopkit opensnoop -- cat FILE'],
    ['opensnoop -x ls -l', 'to trace a command, put -- before it: snoopkit opensnoop -x -- ls -l'],
    ['opensnoop -x cat -n FILE', 'to trace a command, put -- before it: snoopkit opensnoop -x -- cat -n FILE'],
    ['opensnoop -n nginx cat', 'to trace a command, put -- before it: snoopkit opensnoop -n nginx -- cat'],
    ['opensnoop 1234', 'unexpected argument 1234: for a process give -p 1234, for a duration -d 1234'],
  ] as const)
    it(`${words}: ${line}`, async () => {
      const args = words.split(' ');
      const { status, said, stdout } = await snoopkit(args);
      assert.deepEqual([status, stdout.length], [2, 0]);
      assert.equal(said, `snoopkit: ${line} (see snoopkit ${args[0]} --help)\n`);
    });

  for (const words of ['opensnoop --json -o csv', 'opensnoop -o table --json', 'doctor --json -o table'])
    it(`${words} contradicts itself`, async () => {
      const { status, said } = await snoopkit(words.split(' '));
      assert.equal(status, 2);
      assert.match(said, /^snoopkit: --json conflicts with --output (csv|table): give only one of them\n$/);
    });
});
