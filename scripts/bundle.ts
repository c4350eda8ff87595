/**
 * Bundles the command line with the packages that it uses into one file, so that an installed snoopkit depends on no
 * package and a start loads that file instead of two hundred. Each module in it runs when something of it is asked for.
 * It is CommonJS: of that bin/snoopkit.cjs can keep the bytecode, and it does without Node's loader of ES modules.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { type CommandFile, commandFiles } from './commands.js';
import { root } from './generated.js';

const OUT = 'dist/cli';
// It is as deep below dist as the modules in dist/src, which find the addon and the BPF objects from there.
const FILE = `${OUT}/bundle/main.cjs`;

/** Loads a command when it is asked for. */
function getter({ name, file, isTool }: CommandFile): string {
  const loaded = `require('./${file}').default`;
  const command = isTool ? `require('./dist/src/cli/tool-command.js').toolCommand(${loaded})` : loaded;
  return `get '${name}'() { return commands['${name}'] ??= ${command}; },`;
}

/** What bin/ and package.json name. */
const ENTRY = `
const commands = {};
require('./dist/src/cli/priority.js').raisePriority();
module.exports = {
  main: (...all) => require('./dist/src/cli/main.js').main(...all),
  get SnoopkitHelp() { return require('./dist/src/cli/help/help.js').SnoopkitHelp; },
  get commandNotFound() { return require('./dist/src/cli/flags/not-found.js').commandNotFound; },
  COMMANDS: {
    ${commandFiles().map(getter).join('\n')}
  },
};`;

/** How oclif sorts the commands, and what does the same for ours: see below. */
const [SORTED, SORTED_SOON] = ['a.id.localeCompare(b.id)', '(a.id < b.id ? -1 : 1)'];

/** How oclif hears of a closed standard output; console.log(), by which it writes, needs no help with that. */
const STDOUT_HANDLER = /^process\.stdout\.on\('error'.*?^\}\);$/ms;

/** oclif has changed: what is done about it here would do nothing any more. */
function expects(isThere: boolean, what: string): void {
  if (!isThere) throw new Error(`oclif does not ${what} any more: see what it costs at a start`);
}

const LAZY = 'const __lazy = (load) => { let it; return new Proxy({}, { get: (_, key) => (it ??= load())[key] }); };';

/**
 * oclif loads all of itself, with the packages for its help, its plugins and its search for commands, before it runs
 * one: here each of its modules is loaded when something of it is asked for. And it sorts the commands as the user's
 * language does, for which ICU takes more time than all else that it does at a start: ours are sorted alike in any. And
 * it sets up process.stdout, which makes a pipe non-blocking: who writes to that has to try again and again.
 */
const lazyOclif: Plugin = {
  name: 'lazy-oclif',
  setup({ onLoad }) {
    onLoad({ filter: /@oclif\/core\/lib\/.*\.js$/ }, ({ path }) => {
      const required = /^const (\w+) = ((?:__importDefault\()?require\("(?!node:)[^"]+"\)\)?);$/gm;
      const source = readFileSync(path, 'utf8');
      if (path.endsWith('/config/plugin.js')) expects(source.includes(SORTED), `sort by ${SORTED}`);
      if (path.endsWith('/lib/command.js')) expects(STDOUT_HANDLER.test(source), 'listen to process.stdout');
      const text = source
        .replaceAll(required, 'const $1 = __lazy(() => $2);')
        .replaceAll(SORTED, SORTED_SOON)
        .replace(STDOUT_HANDLER, '');
      return { contents: `${LAZY}\n${text}`, loader: 'js' };
    });
  },
};

/**
 * @grpc/grpc-js would load it, and a second protobufjs with it, to serve statistics of itself: 170 kB, of which nothing
 * ever runs.
 */
const noProtoLoader: Plugin = {
  name: 'no-proto-loader',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^@grpc\/proto-loader$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    onLoad({ filter: /^/, namespace: 'left-out' }, () => ({ contents: '' }));
  },
};

rmSync(join(root, OUT), { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  stdin: { contents: ENTRY, resolveDir: root },
  outfile: FILE,
  bundle: true,
  plugins: [lazyOclif, noProtoLoader],
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  // oclif loads it only to run commands that are not compiled.
  external: ['typescript'],
  // Less to read. Names stay, for the traces of what should not have happened.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  // Only ES modules have it.
  define: { 'import.meta.url': '__url' },
  banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href;" },
});

/** Modules outside a folder stay where they are, so that there is one of each class. */
const onlyBelow = (folder: string): Plugin => ({
  name: 'only-below',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const file = resolve(resolveDir, path);
      const isOurs = !resolveDir.includes('/node_modules/') && relative(folder, file).startsWith('..');
      return isOurs ? { path: relative(folder, file), external: true } : undefined;
    });
  },
});

/** The exporter as the library has it: with the packages that it uses, since snoopkit depends on none when installed. */
const otlp = join(root, 'dist/src/otlp');
const { metafile: otlpFiles } = await build({
  absWorkingDir: root,
  entryPoints: [join(otlp, 'index.js')],
  outfile: join(otlp, 'packed.js'),
  bundle: true,
  plugins: [onlyBelow(otlp), noProtoLoader],
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
});

// esbuild leaves what is not ASCII in regular expressions.
const text = readFileSync(join(root, FILE), 'utf8');
const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
writeFileSync(join(root, FILE), text.replaceAll(/[^\0-\x7f]/g, escaped));

/** The packages that are in the bundle, by their folder. */
function bundled(): string[] {
  const outputs = [metafile, otlpFiles].flatMap((file) => Object.values(file.outputs));
  const inputs = outputs.flatMap(({ inputs: all }) =>
    Object.entries(all).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const folders = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/** The licence of a package, which asks to be passed on with it. */
function licence(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text = file && existsSync(join(root, folder, file)) ? readFileSync(join(root, folder, file), 'utf8') : '';
  return `${name} ${version}: ${license}\n\n${text.trim()}\n`;
}

writeFileSync(
  join(root, OUT, 'LICENSES.txt'),
  bundled()
    .map(licence)
    .join(`\n${'-'.repeat(80)}\n\n`),
);
