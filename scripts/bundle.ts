/**
 * Bundles the command line into dist/cli, with the packages that it uses: a start loads some ten files instead of two
 * hundred, and an installed snoopkit depends on no package. What several commands share is in chunks, and each
 * command is a file of its own, so that a start loads no more than what it runs.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { root } from './generated.js';

const OUT = 'dist/cli';

const commands = readdirSync(join(root, 'dist/tools')).filter((file) => file.endsWith('.js'));
const entries = [
  ...commands.map((file) => [`tools/${file.slice(0, -'.js'.length)}`, `dist/tools/${file}`]),
  // What package.json and bin/ name.
  ...['main', 'help', 'not-found', 'priority'].map((name) => [`oclif/${name}`, `dist/src/cli/${name}.js`]),
];

const LAZY = 'const __lazy = (load) => { let it; return new Proxy({}, { get: (_, key) => (it ??= load())[key] }); };';

/**
 * oclif loads all of itself, with the packages for its help, its plugins and its search for commands, before it runs
 * one: here each of its modules is loaded when something of it is asked for.
 */
const lazyOclif: Plugin = {
  name: 'lazy-oclif',
  setup({ onLoad }) {
    onLoad({ filter: /@oclif\/core\/lib\/.*\.js$/ }, ({ path }) => {
      const required = /^const (\w+) = ((?:__importDefault\()?require\("(?!node:)[^"]+"\)\)?);$/gm;
      const text = readFileSync(path, 'utf8').replaceAll(required, 'const $1 = __lazy(() => $2);');
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
  entryPoints: Object.fromEntries(entries),
  outdir: OUT,
  // All files are as deep below dist as the modules in dist/src, which find the addon and the BPF objects from there.
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  plugins: [lazyOclif, noProtoLoader],
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // oclif loads it only to run commands that are not compiled.
  external: ['typescript'],
  // Less to parse. Names stay, for the traces of what should not have happened.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  // CommonJS packages use what a module does not have.
  banner: {
    js: [
      "import { createRequire as __createRequire } from 'node:module';",
      "import { fileURLToPath as __path } from 'node:url';",
      'const require = __createRequire(import.meta.url);',
      "const __filename = __path(import.meta.url), __dirname = __path(new URL('.', import.meta.url));",
    ].join('\n'),
  },
});

/** The packages that are in the bundle, by their folder. */
function bundled(): string[] {
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs: all }) =>
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
