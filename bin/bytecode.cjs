// The bytecode that V8 has made of a script, kept beside it for later starts. V8 trusts its input: damaged bytecode
// crashes it, and someone else's bytecode runs with our privileges. Hence only complete data written by this file is
// accepted, from a file that nobody else may write.
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
const { crc32 } = require('node:zlib');

/** Bytes of a checksum against damage; loading node:crypto takes longer than everything done here. */
const CHECKSUM = 4;
/** Access of others to our file, at most: reading. */
const MODE = 0o644;
const WRITABLE_BY_OTHERS = 0o022;

/** One file for each version of Node, as several versions may be used in turn. */
const fileOf = (script) => `${script}.${process.version}-${process.arch}.bytecode`;

/** Covers the bytecode and everything that it depends on: the source, this version, and this very program. */
function checksumOf(source, bytecode) {
  const { size, mtimeMs } = statSync(process.execPath);
  const versions = `${process.version} ${process.versions.v8} ${process.arch} ${size} ${mtimeMs} ${source.length}\n`;
  const checksum = Buffer.alloc(CHECKSUM);
  checksum.writeUInt32LE(crc32(bytecode, crc32(source, crc32(versions))));
  return checksum;
}

/** The bytecode kept for a script with this source; undefined if there is none, or none that can be trusted. */
exports.read = (script, source) => {
  let fd;
  try {
    fd = openSync(fileOf(script), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { uid, mode } = fstatSync(fd);
    if ((uid !== 0 && uid !== process.geteuid()) || mode & WRITABLE_BY_OTHERS) return undefined;
    const bytes = readFileSync(fd);
    const bytecode = bytes.subarray(CHECKSUM);
    return checksumOf(source, bytecode).equals(bytes.subarray(0, CHECKSUM)) ? bytecode : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
};

/** Stores bytecode atomically, even if the power fails. In a folder without write access, each start compiles. */
exports.write = (script, source, bytecode) => {
  const unfinished = `${fileOf(script)}.${process.pid}`;
  let fd;
  try {
    rmSync(unfinished, { force: true });
    fd = openSync(unfinished, 'wx', MODE);
    // Independent of the umask: other users of snoopkit may read it.
    fchmodSync(fd, MODE);
    writeFileSync(fd, Buffer.concat([checksumOf(source, bytecode), bytecode]), { flush: true });
    renameSync(unfinished, fileOf(script));
  } catch {
    if (fd !== undefined) rmSync(unfinished, { force: true });
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
};
