import { createCipheriv, randomBytes } from 'node:crypto';
import { isZero } from './trace-context.js';

const BLOCK_SIZE = 16;
const TRACE = 0;
const SPAN = 1;

/**
 * The ids of processes and their trees: their keys in the kernel (bpf/procsnoop.bpf.c), encrypted with a secret of this run.
 * They are as random as others, and the same whenever they are asked for. So children, which mostly end before those that
 * created them, have the id of a span that comes later, or came long before, and nothing has to be remembered.
 */
export class ProcessIds {
  // One block at a time, none of them twice: this mode hides nothing less than others.
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
