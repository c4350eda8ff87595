#!/usr/bin/env node
// The program is one file, compiled anew at every start but for the bytecode that the first run of a tool leaves beside
// it. Node does the same for whoever asks, but only from 22 on, and obeys the same variable.
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, isAbsolute, join } = require('node:path');
const { constants, Script } = require('node:vm');

const root = dirname(__dirname);
const file = join(root, 'dist/cli/bundle/main.cjs');

if (!existsSync(file)) {
  process.stderr.write('snoopkit: the command line is not built: run make build\n');
  process.exit(1);
}

const { env, execArgv, execPath } = process;
// Options of V8 make other bytecode, which would be of no use to who has none. Without /proc Node does not know its own file.
const isUsual = execArgv.length === 0 && isAbsolute(execPath) && !env.NODE_OPTIONS && !env.NODE_DISABLE_COMPILE_CACHE;
const kept = isUsual ? require('./bytecode.cjs') : undefined;
const source = readFileSync(file);
const cachedData = kept?.read(file, source);
// The bundle is all ASCII.
const script = new Script(Module.wrap(source.latin1Slice()), {
  filename: file,
  cachedData,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const isNew = kept && (!cachedData || script.cachedDataRejected);

// As require() would, so that oclif finds the commands in what runs already.
const bundle = new Module(file, module);
bundle.filename = file;
bundle.loaded = true;
require.cache[file] = bundle;
script.runInThisContext()(bundle.exports, Module.createRequire(file), bundle, file, dirname(file));
bundle.exports.main(root, isNew ? () => kept.write(file, source, script.createCachedData()) : undefined);
