#!/usr/bin/env node
// The program is one file, compiled anew at every start but for the bytecode that the first run of a tool leaves beside
// it. Node does the same for whoever asks, but only from 22 on, and obeys the same variable.
const { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { basename, dirname, isAbsolute, join } = require('node:path');
const { constants, Script } = require('node:vm');

const root = dirname(__dirname);
const file = join(root, 'dist/cli/bundle/main.cjs');
const folder = dirname(file);

/** Where the bytecode is that this build of Node has made of this program; nowhere where that does not know its own file. */
function bytecodeFile() {
  // Without /proc.
  if (!isAbsolute(process.execPath)) return undefined;
  const builds = [process.execPath, file].map((path) => {
    const { size, mtimeMs } = statSync(path);
    return `${size.toString(36)}-${Math.round(mtimeMs).toString(36)}`;
  });
  return join(folder, `${process.version}-${process.arch}-${builds.join('-')}.bytecode`);
}

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** All of it or nothing, even when the power fails. What other builds have left goes. */
function write(path, bytes) {
  const unfinished = `${path}.${process.pid}`;
  try {
    for (const name of readdirSync(folder))
      if (name.includes('.bytecode') && name !== basename(path)) rmSync(join(folder, name), { force: true });
    writeFileSync(unfinished, bytes, { flag: 'wx', flush: true });
    renameSync(unfinished, path);
  } catch {
    // The folder is not ours to write: each start compiles.
    rmSync(unfinished, { force: true });
  }
}

if (!existsSync(file)) {
  process.stderr.write('snoopkit: the command line is not built: run make build\n');
  process.exit(1);
}

// Options of V8 make other bytecode, which would be of no use to who has none.
const isUsual = process.execArgv.length === 0 && !process.env.NODE_OPTIONS && !process.env.NODE_DISABLE_COMPILE_CACHE;
const bytecode = isUsual ? bytecodeFile() : undefined;
const cachedData = bytecode && read(bytecode);
// The bundle is all ASCII.
const script = new Script(Module.wrap(readFileSync(file, 'latin1')), {
  filename: file,
  cachedData,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const isNew = bytecode && (!cachedData || script.cachedDataRejected);

// As require() would, so that oclif finds the commands in what runs already.
const bundle = new Module(file, module);
bundle.filename = file;
bundle.loaded = true;
require.cache[file] = bundle;
script.runInThisContext()(bundle.exports, Module.createRequire(file), bundle, file, folder);
bundle.exports.main(root, isNew ? () => write(bytecode, script.createCachedData()) : undefined);
