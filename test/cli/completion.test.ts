import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '@oclif/core/command';
import { commandWords } from '../../src/cli/completion/completion.js';
import { completionScript, type Shell } from '../../src/cli/completion/completion-script.js';
import { needs } from '../capability.js';
import { run, snoopkit } from '../helpers/run.js';

const manifest = JSON.parse(readFileSync(new URL('../../../oclif.manifest.json', import.meta.url), 'utf8'));
const listed = Object.values(manifest.commands) as { id: string; isTool?: boolean }[];
const commands = listed.map(({ id }) => id);
const tools = listed.filter(({ isTool }) => isTool).map(({ id }) => id);

async function script(shell: Shell): Promise<string> {
  const { status, stdout, said } = await snoopkit(['completion', shell]);
  assert.equal(status, 0, said);
  return stdout.toString();
}

/** Skips where a shell is not installed. */
function needsShell(context: Mocha.Context, shell: string): void {
  const { error } = spawnSync(shell, ['-c', 'exit']);
  needs(context, shell, error ? `no ${shell} on the PATH` : true);
}

/** A shell's messages on checking a script without running it; empty if the shell is missing. */
function syntaxErrors(shell: Shell, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
  try {
    const file = join(folder, 'script');
    writeFileSync(file, text);
    const { error, stderr, status } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    return error || status === 0 ? (stderr ?? '') : `${status}: ${stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('cli: completion for bash', () => {
  let loaded: string;
  before(async () => {
    loaded = `${await script('bash')}
      try() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _snoopkit; printf '%s\\n' "\${COMPREPLY[@]}"; }
      try "$@"`;
  });

  /** bash's completions of the last of these words, split as readline does. */
  async function offers(...words: string[]): Promise<string[]> {
    const args = ['--norc', '--noprofile', '-c', loaded, 'bash', 'snoopkit', ...words];
    const { status, stdout, said } = await run('bash', args);
    assert.equal(said, '');
    assert.equal(status, 0);
    return stdout.toString().split('\n').filter(Boolean);
  }

  it('is quiet when it is sourced', async () => {
    const { status, said, stdout } = await run('bash', [
      '--norc',
      '-euc',
      `${await script('bash')}complete -p snoopkit`,
    ]);
    assert.equal(said, '');
    assert.equal(status, 0);
    assert.equal(stdout.toString(), 'complete -F _snoopkit snoopkit\n');
  });

  it('offers commands', async () => {
    assert.deepEqual(await offers('open'), ['opensnoop']);
    assert.deepEqual(await offers(''), [...commands, '--help', '--version']);
  });

  it('offers flags', async () => {
    assert.deepEqual(await offers('opensnoop', '--full'), ['--full-path']);
    assert.deepEqual(await offers('opensnoop', '-p', '1', '--ou'), ['--output', '--out']);
    assert.deepEqual(await offers('vmlinux', '--b'), ['--btf']);
    assert.ok((await offers('opensnoop', '--no')).includes('--no-color'));
  });

  it('offers values, after a blank and after an equals sign', async () => {
    assert.deepEqual(await offers('opensnoop', '-o', ''), ['table', 'json', 'csv', 'otlp']);
    assert.deepEqual(await offers('opensnoop', '--output', 'j'), ['json']);
    assert.deepEqual(await offers('opensnoop', '--output', '='), ['table', 'json', 'csv', 'otlp']);
    assert.deepEqual(await offers('opensnoop', '--output', '=', 'j'), ['json']);
    assert.deepEqual(await offers('opensnoop', '--output=j'), ['--output=json']);
    assert.deepEqual(await offers('opensnoop', '-u', 'roo'), ['root']);
    assert.deepEqual(await offers('opensnoop', '--pid', ''), []);
    assert.deepEqual(await offers('completion', 'z'), ['zsh']);
    assert.deepEqual(await offers('schema', ''), [...tools, '--help', '-h']);
  });

  it('knows that --time may stand alone', async () => {
    assert.deepEqual(await offers('opensnoop', '--time', '=', 'b'), ['boot']);
    assert.ok((await offers('opensnoop', '--time', '')).includes('--pid'));
    assert.deepEqual(await offers('opensnoop', '-T', 'b'), []);
  });

  it('offers files and folders', async () => {
    assert.deepEqual(await offers('opensnoop', '--out', '/etc/os-rele'), ['/etc/os-release']);
    assert.deepEqual(await offers('vmlinux', '-o', '/etc/os-rele'), ['/etc/os-release']);
    assert.deepEqual(await offers('opensnoop', '--cgroup', '/etc/os-rele'), []);
    assert.deepEqual(await offers('opensnoop', '--cgroup', '/sys/fs/cgrou'), ['/sys/fs/cgroup']);
  });

  it('offers commands after --, then files', async () => {
    assert.ok((await offers('opensnoop', '--', 'bas')).includes('bash'));
    assert.deepEqual(await offers('opensnoop', '-f', '--', 'cat', '/etc/os-rele'), ['/etc/os-release']);
    assert.deepEqual(await offers('opensnoop', '-f', '--', 'cat', '--out'), []);
  });
});

describe('cli: completion for other shells', () => {
  it('is a script that zsh takes', async function () {
    needsShell(this, 'zsh');
    assert.equal(syntaxErrors('zsh', await script('zsh')), '');
  });

  it('completes in fish', async function () {
    needsShell(this, 'fish');
    const source = await script('fish');
    const offers = async (line: string) => {
      const { stdout, said } = await run('fish', ['--no-config', '-c', `${source}\ncomplete -C '${line}'`]);
      assert.equal(said, '');
      return stdout
        .toString()
        .split('\n')
        .filter(Boolean)
        .map((offer) => offer.split('\t')[0]);
    };
    assert.deepEqual(await offers('snoopkit open'), ['opensnoop']);
    assert.deepEqual(await offers('snoopkit opensnoop -o '), ['csv', 'json', 'otlp', 'table']);
    assert.deepEqual(await offers('snoopkit opensnoop --full'), ['--full-path']);
    assert.deepEqual(await offers('snoopkit opensnoop --time=b'), ['--time=boot']);
    assert.deepEqual(await offers('snoopkit vmlinux -o /etc/os-rele'), ['/etc/os-release']);
    assert.ok((await offers('snoopkit opensnoop -- bas')).includes('bash'));
  });

  it('survives what a summary may have in it', () => {
    const flags = { it: { name: 'it', type: 'option', summary: "it's [a]: \\b $(c) `d`", helpValue: 'FILE' } };
    const command = {
      id: 'tool',
      summary: "don't: $(exit 1) `exit 1`",
      flags,
      args: {},
    } as unknown as Command.Loadable;
    assert.equal(commandWords([command])[0]?.flags[0]?.value, 'file');
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      assert.equal(syntaxErrors(shell, completionScript(shell, [command])), '', shell);
    }
  });
});
