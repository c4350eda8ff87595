/** Damaged objects: opened, and loaded if that is possible. */
import { readFileSync } from 'node:fs';
import { BpfObject, type OpenedObject } from '../../src/bpf/object.js';
import { mutate } from './mutate.js';
import { isAccepted, isTyped } from './typed.js';
import type { Outcome, Try, Work } from './work.js';

/** Largest maps that are loaded, all together: damaged sizes must not take the machine's memory. */
const MOST_MEMORY = 16 << 20;

/** Whether the kernel can be asked to make its maps. Of an entry, the kernel may need more than its key and value. */
function isSmall(object: OpenedObject): boolean {
  let sum = 0;
  for (const { keySize, valueSize, maxEntries } of object.maps.values()) sum += (keySize + valueSize + 64) * maxEntries;
  return sum <= MOST_MEMORY;
}

function tryOne(bytes: Uint8Array, isLoaded: boolean): Outcome {
  let opened: OpenedObject;
  try {
    opened = BpfObject.open(bytes, { name: 'fuzzed' });
  } catch (error) {
    if (!isTyped(error)) throw error;
    return 'refused';
  }
  for (const global of opened.globals.values()) isAccepted(() => global.set(global.get()));
  if (!isLoaded || !isSmall(opened)) {
    opened.close();
    return 'opened';
  }
  // It would stay.
  for (const map of opened.maps.values()) map.pinPath = undefined;
  try {
    const object = opened.load();
    for (const variable of [...object.globals.values(), ...object.constants.values()]) isAccepted(() => variable.get());
    object.close();
    return 'loaded';
  } catch (error) {
    if (!isTyped(error)) throw error;
    return 'opened';
  }
}

export function objects({ corpus, seed, load }: Work): Try {
  const originals = corpus.map((path) => readFileSync(path));
  return (number) => tryOne(mutate(originals[number % originals.length] as Buffer, seed + number), load);
}
