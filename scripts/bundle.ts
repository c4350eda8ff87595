/**
 * Bundles the command line with the packages that it uses into one file, so that an installed snoopkit depends on no
 * package and a start loads that file instead of two hundred. Each module in it runs when something of it is asked for.
 * It is CommonJS: of that bin/snoopkit.cjs can keep the bytecode, and it does without Node's loader of ES modules.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { type CommandFile, commandFiles } from './commands.js';
import { root } from './generated.js';

const require = createRequire(import.meta.url);

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

/** A package has changed: what is done about it here would do nothing any more. */
function expects(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`${what}: see what it costs at a start, and mend scripts/bundle.ts`);
}

const OCLIF = /\/@oclif\/core\/lib\//;

/**
 * Stands for a module, and loads it when something of it is asked for. Whether it was compiled from an ES module is asked
 * at once, by who requires it.
 */
const LAZY = `const __lazy = (__esModule, load) => {
  let it;
  const loaded = () => (it ??= load());
  return new Proxy(function () {}, {
    get: (_, key) => (key === '__esModule' ? __esModule : loaded()[key]),
    apply: (_, self, args) => Reflect.apply(loaded(), self, args),
    construct: (_, args) => Reflect.construct(loaded(), args),
  });
};`;

/** The modules that wait, by their paths. */
const lazy = new Set<string>();

/**
 * oclif loads all of itself, with the packages for its help, its plugins and its search for commands, before it runs
 * one: here each of its modules is loaded when something of it is asked for.
 */
const lazyOclif: Plugin = {
  name: 'lazy-oclif',
  setup({ onLoad, onResolve, resolve }) {
    const RESOLVED = {};
    onResolve({ filter: /^/ }, async ({ path, pluginData, ...from }) => {
      const { kind, importer, namespace, resolveDir } = from;
      const isOclif = namespace === 'file' && OCLIF.test(importer);
      if (!isOclif || kind !== 'require-call' || pluginData === RESOLVED) return undefined;
      const found = await resolve(path, { kind, importer, resolveDir, pluginData: RESOLVED });
      if (found.external || found.errors.length > 0) return found;
      lazy.add(found.path);
      return { path: found.path, namespace: 'lazy' };
    });
    onLoad({ filter: /^/, namespace: 'lazy' }, ({ path }) => {
      const { __esModule: isCompiled = false } = require(path);
      const contents = `module.exports = __lazy(${isCompiled}, () => require(${JSON.stringify(path)}));`;
      return { contents, resolveDir: dirname(path) };
    });
  },
};

/** How oclif sorts the commands, and what does the same for ours. */
const [SORTED, SORTED_SOON] = ['a.id.localeCompare(b.id)', '(a.id < b.id ? -1 : 1)'];

let sorts = 0;

/**
 * oclif sorts the commands as the user's language does, for which ICU takes 10 to 20 ms and 2.5 MB: ours are sorted alike
 * in any. To do so without its source would take an implementation of its whole Plugin.
 */
const plainSort: Plugin = {
  name: 'plain-sort',
  setup({ onLoad }) {
    onLoad({ filter: OCLIF }, ({ path }) => {
      const source = readFileSync(path, 'utf8');
      sorts += source.split(SORTED).length - 1;
      return { contents: source.replaceAll(SORTED, SORTED_SOON), loader: 'js' };
    });
  },
};

/**
 * oclif listens to process.stdout for that it is closed, which sets it up, and makes a pipe non-blocking: who writes to
 * that has to try again and again. console.log(), by which oclif writes, needs no such help.
 */
const UNHEARD = '__unheard';

rmSync(join(root, OUT), { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  stdin: { contents: ENTRY, resolveDir: root },
  outfile: FILE,
  bundle: true,
  plugins: [lazyOclif, plainSort],
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
  define: {
    // Only ES modules have it.
    'import.meta.url': '__url',
    'process.stdout.on': UNHEARD,
  },
  banner: {
    js: `const __url = require('node:url').pathToFileURL(__filename).href;const ${UNHEARD} = () => {};${LAZY}`,
  },
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
  plugins: [onlyBelow(otlp)],
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

const text = readFileSync(join(root, FILE), 'utf8');
// 73 in 4.14.
expects(lazy.size >= 70, `only ${lazy.size} modules of oclif are loaded lazily`);
expects(sorts === 1, `oclif sorts ${sorts} times by ${SORTED}, not once`);
expects(text.split(`${UNHEARD}(`).length === 2, 'oclif does not listen to process.stdout, or somebody else does');
// esbuild leaves what is not ASCII in regular expressions.
const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
writeFileSync(join(root, FILE), text.replaceAll(/[^\0-\x7f]/g, escaped));

/** The packages that are in the bundle, by their folder. */
function bundled(): string[] {
  const outputs = [metafile, otlpFiles].flatMap((file) => Object.values(file.outputs));
  const inputs = outputs.flatMap(({ inputs: all }) =>
    Object.entries(all).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  // What waits is there a second time, by its own path.
  const files = inputs.filter((path) => !path.startsWith('lazy:'));
  const folders = files.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
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
