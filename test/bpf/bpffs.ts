import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const url = (file: string) => JSON.stringify(new URL(`../../src/bpf/${file}.js`, import.meta.url).href);

/** Runs scripts, one after another, with a network and a BPF file system that are theirs alone, the latter in `pins`. */
export function withBpffs(pins: string, ...scripts: readonly string[]): string[] {
  const lines = scripts.map((script) => {
    const program = `import { BpfLink } from ${url('link')};
      import { BpfMap } from ${url('map')};
      import { BpfObject } from ${url('object')};
      import { BpfProgram } from ${url('program')};
      const path = ${JSON.stringify(join(pins, 'ages'))};
      const pins = ${JSON.stringify(pins)};
      const told = (act) => { try { return act(); } catch (error) { return error.code + ': ' + error.message; } };
      const say = (value) => console.log(JSON.stringify(value));
      ${script}`;
    return `"$0" --input-type=module -e '${program.replaceAll("'", "'\\''")}'`;
  });
  const all = ['mount -t bpf bpf "$1"', ...lines].join('\n');
  const args = ['--mount', '--net', 'sh', '-c', all, process.execPath, pins];
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin` };
  const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', env });
  assert.equal(stderr.replace(/^Killed\n/gm, ''), '');
  return stdout.split('\n').filter((line) => line !== '');
}
