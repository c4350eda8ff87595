// The bytecode that V8 has made of a script, kept beside it for later starts. V8 believes what it is given: damaged
// bytecode crashes it, and bytecode of somebody else's runs with our rights. So what is taken is only what this file has
// written, whole, in a file that nobody else may write.
const { createHash } = require('node:crypto');
const {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');

const DIGEST = 32;
/** What others may do with a file of ours, at most: read it. */
const MODE = 0o644;
const WRITABLE_BY_OTHERS = 0o022;

/** One file for each version of Node: several may take turns. */
const fileOf = (script) => `${script}.${process.version}-${process.arch}.bytecode`;

/** Of the bytecode and all that it is made from: the source, this version, and this very program. */
function digestOf(source, bytecode) {
  const { size, mtimeMs } = statSync(process.execPath);
  return createHash('sha256')
    .update(`${process.version} ${process.versions.v8} ${process.arch} ${size} ${mtimeMs} ${source.length}\n`)
    .update(source)
    .update(bytecode)
    .digest();
}

/** The bytecode kept of a script with this source; undefined where there is none, or none that can be trusted. */
exports.read = (script, source) => {
  let fd;
  try {
    fd = openSync(fileOf(script), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { uid, mode } = fstatSync(fd);
    if ((uid !== 0 && uid !== process.geteuid()) || mode & WRITABLE_BY_OTHERS) return undefined;
    const bytes = readFileSync(fd);
    const bytecode = bytes.subarray(DIGEST);
    return digestOf(source, bytecode).equals(bytes.subarray(0, DIGEST)) ? bytecode : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
};

/** Keeps it: all of it or nothing, even when the power fails. Where the folder is not ours to write, each start compiles. */
exports.write = (script, source, bytecode) => {
  const unfinished = `${fileOf(script)}.${process.pid}`;
  let fd;
  try {
    rmSync(unfinished, { force: true });
    fd = openSync(unfinished, 'wx', MODE);
    // Whatever the umask: who else runs snoopkit may read it.
    fchmodSync(fd, MODE);
    writeFileSync(fd, Buffer.concat([digestOf(source, bytecode), bytecode]), { flush: true });
    renameSync(unfinished, fileOf(script));
  } catch {
    if (fd !== undefined) rmSync(unfinished, { force: true });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
};
