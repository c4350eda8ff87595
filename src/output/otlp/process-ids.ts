import { createHash, randomBytes } from 'node:crypto';
import { isZero } from './trace-context.js';

/**
 * The ids of processes and their trees, out of their keys in the kernel (bpf/procsnoop.bpf.c) and a secret of this run:
 * as random as others, and the same whenever they are asked for. So children, which mostly end before those that created
 * them, have the id of a span that comes later, or came long before, and nothing has to be remembered.
 */
export class ProcessIds {
  readonly #secret = randomBytes(32);

  traceId(tree: bigint): Uint8Array {
    return this.#id('trace', tree, 16);
  }

  spanId(process: bigint): Uint8Array {
    return this.#id('span', process, 8);
  }

  #id(kind: string, key: bigint, size: number): Uint8Array {
    const hash = createHash('sha256').update(this.#secret).update(`${kind} ${key}`).digest();
    const id = hash.subarray(0, size);
    if (isZero(id)) id[0] = 1;
    return id;
  }
}
