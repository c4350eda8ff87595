/** Damaged BTF: of objects and of the kernel, parsed, asked for all that it has, and checked as for libbpf. */
import { existsSync, readFileSync } from 'node:fs';
import { KERNEL_BTF } from '../../src/bpf/vmlinux.js';
import { Btf, checkBtf, declareStruct, layoutOf, readBtfBytes, readValue, writeValue } from '../../src/btf/index.js';
import { eventSchema } from '../../src/events/schema.js';
import { fakeContext } from '../events/helpers.js';
import { randomBelow } from '../helpers/random.js';
import { mutateBtf } from './mutate.js';
import { isAccepted } from './typed.js';
import type { Try, Work } from './work.js';

const MOST_TYPES = 2000;
const MOST_BYTES = 64 << 10;

/** Reads and writes the values of a type. */
function useType(btf: Btf, id: number): void {
  isAccepted(() => btf.type(id));
  isAccepted(() => btf.sizeOf(id));
  isAccepted(() => {
    const layout = layoutOf(btf, id);
    if (layout.size > MOST_BYTES) return;
    const view = new DataView(new ArrayBuffer(layout.size));
    const shape = { kind: layout.kind, layout };
    isAccepted(() => writeValue(shape, view, 0, readValue(shape, view, 0)));
    isAccepted(() => declareStruct(btf, layout.name));
    isAccepted(() => eventSchema(btf, layout.name, fakeContext()));
  });
}

function useAll(bytes: Uint8Array, seed: number): boolean {
  isAccepted(() => checkBtf(bytes));
  return isAccepted(() => {
    const btf = Btf.parse(bytes);
    const random = randomBelow(seed);
    // All of an object's types, some of the kernel's.
    const all = btf.count <= MOST_TYPES;
    for (let i = 0; i < Math.min(btf.count, MOST_TYPES); i++) useType(btf, all ? i : random(btf.count));
    isAccepted(() => btf.find('event'));
  });
}

/** The raw BTF that is damaged. The kernel's, which takes long, is every 50th. */
export function btfInput({ corpus, seed }: Pick<Work, 'corpus' | 'seed'>): (number: number) => Buffer {
  const kept = new Map<string, Uint8Array>();
  const bytesOf = (path: string) => {
    const bytes = kept.get(path) ?? readBtfBytes(readFileSync(path));
    kept.set(path, bytes);
    return bytes;
  };
  return (number) => {
    const path = number % 50 === 49 && existsSync(KERNEL_BTF) ? KERNEL_BTF : (corpus[number % corpus.length] as string);
    return mutateBtf(bytesOf(path), seed + number);
  };
}

export function btf(work: Work): Try {
  const input = btfInput(work);
  return (number) => (useAll(input(number), work.seed + number) ? 'accepted' : 'refused');
}
