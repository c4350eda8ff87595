#!/bin/sh
':' //; SNOOPKIT_START=$0; [ "${0#*/}" != "$0" ] || SNOOPKIT_START=./$0; [ ! -h "$0" ] || SNOOPKIT_START=$(readlink -f "$0"); . "${SNOOPKIT_START%/*}/start.sh"
// The line above is for the shell, which becomes Node. The rest is the program: node bin/snoopkit.cjs starts it, too.
// The program is one file, compiled anew at every start but for the bytecode that the first run of a tool leaves beside
// it. Node does the same for whoever asks, but only from 22 on, and obeys the same variable.
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname, isAbsolute, join } = require('node:path');
const { constants, Script } = require('node:vm');

// Node's response to SIGUSR1 is a listening debugger, which gives every client the privileges of this process. From
// here on the signal starts none, and one that it has started before is closed, unless Node's options ask for one. The
// other signals don't end a run silently either: src/cli/signals.ts.
for (const signal of ['SIGUSR1', 'SIGUSR2', 'SIGALRM']) process.on(signal, () => {});
const execArgv = process.execArgv.filter((option) => !option.startsWith('--inspect-port='));
if (![...execArgv, process.env.NODE_OPTIONS].some((option) => option?.includes('--inspect'))) {
  process._debugEnd?.();
  // A debugger may be starting.
  setImmediate(() => process._debugEnd?.());
}

const inheritance = process.env.SNOOPKIT_START;
// Not for child processes.
delete process.env.SNOOPKIT_START;
// An ignored SIGHUP, as under nohup(1), would still be ignored here if Node had not reset it.
if (Number(`0x${inheritance?.split(' ')[2]?.slice(-1)}`) & 1) process.on('SIGHUP', () => {});

const root = dirname(__dirname);
const file = join(root, 'dist/cli/bundle/main.cjs');

if (!existsSync(file)) {
  process.stderr.write('snoopkit: not built yet: run make build\n');
  process.exit(1);
}

// Options of V8 change the bytecode, which would be useless for runs without them. Without /proc Node does not know its
// own file.
const { env, execPath } = process;
const isUsual = execArgv.length === 0 && isAbsolute(execPath) && !env.NODE_OPTIONS && !env.NODE_DISABLE_COMPILE_CACHE;
const kept = isUsual ? require('./bytecode.cjs') : undefined;
const source = readFileSync(file);
const cachedData = kept?.read(file, source);
// The bundle is all ASCII, and is the function that Node makes of a module.
const script = new Script(source.latin1Slice(), {
  filename: file,
  cachedData,
  importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const isNew = kept && (!cachedData || script.cachedDataRejected);

// Registered as require() would, so that oclif finds the commands in the running bundle.
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
