import { createCipheriv, randomBytes } from 'node:crypto';
import { isZero } from './trace-context.js';

const BLOCK_SIZE = 16;
const TRACE = 0;
const SPAN = 1;

/**
 * Span and trace IDs of processes and their trees: keys in the kernel (bpf/procsnoop.bpf.c), encrypted with a secret of
 * this run. They are as random as others and can be derived again at any time. Children mostly end before their
 * creators, and thus know the ID of a span created later or long before, without any state.
 */
export class ProcessIds {
  // Each block is encrypted alone and none occurs twice, so that ECB reveals no more than other modes.
  readonly #cipher = createCipheriv('aes-128-ecb', randomBytes(16), null).setAutoPadding(false);
  readonly #block = Buffer.alloc(BLOCK_SIZE);

  traceId(tree: bigint): Uint8Array {
    return this.#id(TRACE, tree, 16);
  }

  spanId(process: bigint): Uint8Array {
    return this.#id(SPAN, process, 8);
  }

  #id(kind: number, key: bigint, size: number): Uint8Array {
    this.#block.writeBigUInt64LE(key);
    this.#block[BLOCK_SIZE - 1] = kind;
    const id = this.#cipher.update(this.#block).subarray(0, size);
    if (isZero(id)) id[0] = 1;
    return id;
  }
}
