/** The types of a kernel that does not run here, out of its image. */

/** How raw BTF begins, where it is little-endian: the magic number, version 1, no flags, and a header of 24 bytes. */
const BEGIN = Buffer.from('9feb010018000000', 'hex');
const HEADER = 24;

/** The BTF in an image that is not packed, as Debian's for arm64. Throws where there is none. */
export function btfInImage(image: Buffer): Buffer {
  for (let at = image.indexOf(BEGIN); at >= 0; at = image.indexOf(BEGIN, at + 1)) {
    if (at + HEADER > image.length) break;
    const [types = 0, typesLength = 0, strings = 0, stringsLength = 0] = [8, 12, 16, 20].map((offset) =>
      image.readUInt32LE(at + offset),
    );
    const end = HEADER + strings + stringsLength;
    // As the kernel's build has it: types, and strings behind them, to the end.
    if (types === 0 && strings === typesLength && stringsLength > 0 && at + end <= image.length)
      return image.subarray(at, at + end);
  }
  throw new Error('no BTF in this kernel image: is it packed?');
}
