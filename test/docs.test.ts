/** What is written for people names exactly what there is. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadCommands } from '../scripts/commands.js';
import { needs } from './capability.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const stems = (folder: string, end: string) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(end))
    .map((name) => name.slice(0, -end.length))
    .sort();

const prose = [
  ...['README', 'ARCHITECTURE', 'CONTRIBUTING', 'CHANGELOG'].map((name) => `${name}.md`),
  ...stems('docs', '.md').map((name) => `docs/${name}.md`),
  'examples/README.md',
];
/** Files of a tool that a page describes how to add. */
const examples = new Set(['bpf/foo.bpf.c', 'tools/foo.ts', 'src/trace/features/foo/']);

const commands = await loadCommands();
const names = commands.map(({ name }) => name);
const tools = commands.filter(({ tool }) => tool !== undefined).map(({ name }) => name);

describe('docs: what there is', () => {
  it('a tool has a BPF program of the same name, and the other way round', () => {
    assert.deepEqual(stems('bpf', '.bpf.c'), tools);
    assert.deepEqual(stems('tools', '.ts'), tools);
    for (const { name, tool } of commands) if (tool) assert.equal(tool.name, name);
  });

  it('the manifest has all commands, and no path of the machine it was made on', () => {
    const text = read('oclif.manifest.json');
    const { commands: listed, version } = JSON.parse(text);
    assert.deepEqual(Object.keys(listed), names);
    assert.equal(version, JSON.parse(read('package.json')).version);
    assert.ok(!text.includes(root));
    for (const { name, command, tool } of commands)
      assert.deepEqual(listed[name], { id: name, summary: command.summary, ...(tool && { isTool: true }) });
  });

  it('every command has a manual page, and shared options have one', () => {
    assert.deepEqual(stems('man/man8', '.8'), [...names.map((name) => `snoopkit-${name}`), 'snoopkit'].sort());
    assert.deepEqual(stems('man/man7', '.7'), ['snoopkit-options']);
  });

  it('each option is in one page: that of the tool, or that of shared options, which tools refer to', () => {
    const entry = (name: string) => new RegExp(`^\\\\fB.*--(\\[no-\\])?${name}\\\\fR.*$`, 'm');
    const page = (path: string) => read(path).replaceAll('\\-', '-');
    const shared = page('man/man7/snoopkit-options.7');
    for (const { name, command, tool } of commands) {
      if (!tool) continue;
      const own = page(`man/man8/snoopkit-${name}.8`);
      assert.match(own, /fBsnoopkit-options\\fR\(7\)/);
      for (const [flag, { helpGroup }] of Object.entries(command.flags)) {
        const found = [own, shared].map((text) => entry(flag).test(text));
        if (helpGroup === undefined) assert.ok(found[0], `${name} --${flag}`);
        else assert.deepEqual(found, [false, true], `${name} --${flag}`);
      }
    }
  });

  it('the README lists every command with its summary', () => {
    const rows = [...read('README.md').matchAll(/^\| `snoopkit ([a-z]+)` \| (.*) \|$/gm)];
    const listed = new Map(rows.map(([, name = '', summary = '']) => [name, summary]));
    assert.deepEqual([...listed.keys()].sort(), names);
    for (const { name, command } of commands) assert.equal(listed.get(name), command.summary);
  });

  it('generated files are up to date', () => {
    for (const script of ['types', 'tool-options', 'manifest', 'man']) {
      const { status, stderr } = spawnSync(process.execPath, [
        join(root, 'dist', 'scripts', `${script}.js`),
        '--check',
      ]);
      assert.equal(stderr.toString(), '');
      assert.equal(status, 0);
    }
  });

  it('links lead somewhere', () => {
    for (const file of prose) {
      for (const [, target = ''] of read(file).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        const path = join(root, dirname(file), target);
        // As it is spelled, whatever the file system takes for the same name.
        assert.ok(existsSync(path) && readdirSync(dirname(path)).includes(basename(path)), `${file}: ${target}`);
      }
    }
  });

  it('files that pages for maintainers name are in the source', () => {
    const inSource = /`((?:bench|bin|bpf|scripts|src|test|tools)\/[\w./-]*)`/g;
    for (const file of ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/decisions.md']) {
      const paths = [...read(file).matchAll(inSource)].map(([, path = '']) => path);
      assert.ok(paths.length > 10, file);
      for (const path of paths) assert.ok(examples.has(path) || existsSync(join(root, path)), `${file}: ${path}`);
    }
  });
});

describe('docs: the package', () => {
  it('has what its pages link to', () => {
    const { files } = JSON.parse(read('package.json')) as { files: string[] };
    const packed = ['README.md', 'package.json', ...files];
    const pages = [
      'README.md',
      ...files.flatMap((path) => (path === 'docs' ? stems(path, '.md').map((name) => `docs/${name}.md`) : [])),
    ];
    for (const page of [...pages, ...files.filter((path) => path.endsWith('.md'))]) {
      for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)) {
        const path = join(dirname(page), target);
        assert.ok(
          packed.some((file) => path === file || path.startsWith(`${file}/`)),
          `${page}: ${target}`,
        );
      }
    }
  });
});

describe('docs: manual pages', () => {
  const pages = [7, 8].flatMap((part) =>
    stems(`man/man${part}`, `.${part}`).map((name) => `man${part}/${name}.${part}`),
  );
  for (const name of pages) {
    it(`man shows ${name}, and has nothing to complain of`, function () {
      needs(this, 'man');
      const args = ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', join(root, 'man', name)];
      const { status, stderr } = spawnSync('man', args, { env: { ...process.env, LC_ALL: 'C.UTF-8' } });
      assert.equal(stderr.toString(), '');
      assert.equal(status, 0);
    });
  }

  it('lines are no longer than 80 columns', function () {
    needs(this, 'man');
    const env = { ...process.env, LC_ALL: 'C.UTF-8', MANWIDTH: '80', MAN_KEEP_FORMATTING: '' };
    for (const name of pages) {
      const { stdout } = spawnSync('man', ['-l', join(root, 'man', name)], { env, encoding: 'utf8' });
      assert.match(stdout, /^NAME$/m);
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
    }
  });
});
