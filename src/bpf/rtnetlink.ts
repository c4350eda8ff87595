/** Bodies of rtnetlink(7) messages, in the byte order of this machine. */

/** RTM_NEW* of include/uapi/linux/rtnetlink.h; RTM_DEL* are one more. */
export const RTM_NEWROUTE = 24;
export const RTM_NEWTFILTER = 44;

export const u16 = (...values: readonly number[]): Buffer => Buffer.from(Uint16Array.from(values).buffer);
export const u32 = (...values: readonly number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);

/** A struct nlattr with its content, or with more attributes, and zeros up to a multiple of 4 bytes. */
export function attribute(type: number, content: Uint8Array | readonly Buffer[]): Buffer {
  const bytes = content instanceof Uint8Array ? content : Buffer.concat(content);
  const length = 4 + bytes.length;
  return Buffer.concat([u16(length, type), bytes, Buffer.alloc(-length & 3)]);
}

/** The same with a string and its NUL. */
export const textAttribute = (type: number, text: string): Buffer => attribute(type, Buffer.from(`${text}\0`));
