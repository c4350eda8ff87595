/**
 * Bundles the command line with the packages that it uses into one file: an installed snoopkit depends on no package,
 * and a start loads that file instead of two hundred. Each of its modules runs when it is first used. The bundle is
 * CommonJS: bin/snoopkit.cjs can cache its bytecode, and it does without Node's loader of ES modules.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { type CommandFile, commandFiles } from './commands.js';
import { root } from './generated.js';

const require = createRequire(import.meta.url);

const OUT = 'dist/cli';
// The bundle is as deep below dist as the modules in dist/src, which find the addon and the BPF objects relative to
// their own path.
const FILE = `${OUT}/bundle/main.cjs`;

/** Loads a command on first use. */
function getter({ name, file, isTool }: CommandFile): string {
  const loaded = `require('./${file}').default`;
  const command = isTool ? `require('./dist/src/cli/tool-command.js').toolCommand(${loaded})` : loaded;
  return `get '${name}'() { return commands['${name}'] ??= ${command}; },`;
}

/** The entry points named in bin/ and package.json. */
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

/** Fails if a package has changed, as a patch made here would no longer have an effect. */
function expects(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`${what}: see what it costs at a start, and mend scripts/bundle.ts`);
}

const OCLIF = /\/@oclif\/core\/lib\//;

/**
 * Stands for a module, and loads it on first use. A caller of require() asks at once whether the module was compiled
 * from an ES module.
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

/** The modules loaded lazily, by their paths. */
const lazy = new Set<string>();

/**
 * oclif loads all of itself, with the packages for its help, its plugins and its search for commands, before it runs a
 * command: here each of its modules is loaded on first use.
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

/** oclif's code that sorts the commands, and an equivalent for ours. */
const [SORTED, SORTED_SOON] = ['a.id.localeCompare(b.id)', '(a.id < b.id ? -1 : 1)'];

let sorts = 0;

/**
 * oclif sorts the commands by the user's language, for which ICU takes 10 to 20 ms and 2.5 MB: ours sort alike in any
 * language. Without patching the source this would take an implementation of its whole Plugin.
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
 * oclif listens for the close of process.stdout, which initializes the stream, and makes a pipe non-blocking: writers
 * have to retry. console.log(), by which oclif writes, needs no such listener.
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
  // Reduces the size. Names stay, for stack traces of unexpected errors.
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

/** Modules outside a folder stay separate, so that there is one copy of each class. */
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

/** The library's exporter: bundled with the packages that it uses, since an installed snoopkit depends on none. */
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
const PARAMETERS = 'exports, require, module, __filename, __dirname';
// Node wraps a module into such a function, which copies all of it. Without a module, this is the function itself.
writeFileSync(
  join(root, FILE),
  `((load) => typeof module === 'undefined' ? load : load(${PARAMETERS}))(function (${PARAMETERS}) {${text.replaceAll(/[^\0-\x7f]/g, escaped)}\n})\n`,
);

/** The packages that are in the bundle, by their folder. */
function bundled(): string[] {
  const outputs = [metafile, otlpFiles].flatMap((file) => Object.values(file.outputs));
  const inputs = outputs.flatMap(({ inputs: all }) =>
    Object.entries(all).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  // A lazily loaded module is listed a second time, by its own path.
  const files = inputs.filter((path) => !path.startsWith('lazy:'));
  const folders = files.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

/** The license of a package, which must be passed on with it. */
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
