/**
 * Opens damaged objects, and loads those that it can open. Prints a line before each, its number, and one after it, what
 * came of it: the line that is missing tells the parent which object ended the process.
 *
 * Arguments: JSON of `Work`.
 */
import { readFileSync, writeSync } from 'node:fs';
import { BpfObject, type OpenedObject } from '../../src/bpf/object.js';
import { SnoopkitError } from '../../src/errors.js';
import { mutate } from './mutate.js';
import { type Outcome, outcomes, type Work } from './work.js';

/** Largest maps that are loaded, all together: damaged sizes must not take the machine's memory. */
const MOST_MEMORY = 16 << 20;

function isOurs(error: unknown): boolean {
  return error instanceof SnoopkitError && !error.message.includes('\n');
}

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
    if (!isOurs(error)) throw error;
    return 'refused';
  }
  for (const global of opened.globals.values()) tolerate(() => global.set(global.get()));
  if (!isLoaded || !isSmall(opened)) {
    opened.close();
    return 'opened';
  }
  // It would stay.
  for (const map of opened.maps.values()) map.pinPath = undefined;
  try {
    const object = opened.load();
    for (const variable of [...object.globals.values(), ...object.constants.values()]) tolerate(() => variable.get());
    object.close();
    return 'loaded';
  } catch (error) {
    if (!isOurs(error)) throw error;
    return 'opened';
  }
}

function tolerate(call: () => void): void {
  try {
    call();
  } catch (error) {
    if (!isOurs(error)) throw error;
  }
}

const { corpus, seed, first, count, load } = JSON.parse(process.argv[2] ?? '') as Work;
const originals = corpus.map((path) => readFileSync(path));
for (let number = first; number < first + count; number++) {
  writeSync(1, `${number}\n`);
  const original = originals[number % originals.length] as Buffer;
  const outcome = tryOne(mutate(original, seed + number), load);
  writeSync(1, `${outcomes.indexOf(outcome)}.\n`);
}
