#!/bin/sh
':' //; SNOOPKIT_START=$0; [ "${0#*/}" != "$0" ] || SNOOPKIT_START=./$0; [ ! -h "$0" ] || SNOOPKIT_START=$(readlink -f "$0"); . "${SNOOPKIT_START%/*}/start.sh"
// The line above is the shell's, which becomes Node. What follows is the program: node bin/snoopkit.cjs starts it, too.
// The program is one file, compiled anew at every start but for the bytecode that the first run of a tool leaves beside
// it. Node does the same for whoever asks, but only from 22 on, and obeys the same variable.
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, isAbsolute, join } = require('node:path');
const { constants, Script } = require('node:vm');

// Node's answer to SIGUSR1 is a debugger that listens, and gives whoever connects what this process may do. From here on
// there is none, nor one that a signal has opened before; unless Node was told to have one. Nor do the others end a run
// without a word: src/cli/signals.ts.
for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGALRM']) process.on(signal, () => {});
const execArgv = process.execArgv.filter((option) => !option.startsWith('--inspect-port='));
if (![...execArgv, process.env.NODE_OPTIONS].some((option) => option?.includes('--inspect'))) {
  process._debugEnd?.();
  // It may be under way.
  setImmediate(() => process._debugEnd?.());
}

const inheritance = process.env.SNOOPKIT_START;
// Nobody else's business.
delete process.env.SNOOPKIT_START;
// Whoever wants SIGHUP ignored, as nohup(1), had it ignored from here on, too, had Node not forgotten that.
if (Number(`0x${inheritance?.split(' ')[2]?.slice(-1)}`) & 1) process.on('SIGHUP', () => {});

const root = dirname(__dirname);
const file = join(root, 'dist/cli/bundle/main.cjs');

if (!existsSync(file)) {
  process.stderr.write('snoopkit: not built yet: run make build\n');
  process.exit(1);
}

// Options of V8 make other bytecode, which would be of no use to who has none. Without /proc Node does not know its own file.
const { env, execPath } = process;
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
bundle.exports.main({
  root,
  inheritance,
  writeBytecode: isNew ? () => kept.write(file, source, script.createCachedData()) : undefined,
});
