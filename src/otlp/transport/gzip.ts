/** Compression of requests and responses. */
import { promisify } from 'node:util';
import { gunzip, gzip, type ZlibOptions } from 'node:zlib';

type Converter = (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer>;

const compress: Converter = promisify<Uint8Array, ZlibOptions, Buffer>(gzip);
const decompress: Converter = promisify<Uint8Array, ZlibOptions, Buffer>(gunzip);

/** Reduces requests to about a tenth. zlib's default, 6, takes more than twice the time to save a sixth of that. */
const LEVEL = 1;

/** Maximum size of a response in bytes, from the specification. */
export const LARGEST = 4 << 20;

export const TOO_LARGE = `the response is larger than ${LARGEST >> 20} MiB`;

export const packed = (bytes: Uint8Array): Promise<Buffer> => compress(bytes, { level: LEVEL });

/** Throws for data that are broken or too large: see isTooLarge(). */
export const unpacked = (bytes: Uint8Array): Promise<Buffer> => decompress(bytes, { maxOutputLength: LARGEST });

export const isTooLarge = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
