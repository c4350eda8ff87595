/** `make fuzz`: SECONDS, SEED and CORPUS are its variables; see CONTRIBUTING.md. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { corpus } from './corpus.js';
import { fuzz } from './fuzz.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    /** A folder with more objects. */
    corpus: { type: 'string', default: '' },
  },
});
const more = values.corpus === '' ? [] : readdirSync(values.corpus).map((name) => join(values.corpus, name));
const folder = fileURLToPath(new URL('../../../build/fuzz', import.meta.url));
const isRoot = process.getuid?.() === 0;
const objects = [...corpus(), ...more];
const seed = Number(values.seed);
const result = await fuzz({ corpus: objects, seed, seconds: Number(values.seconds), load: isRoot, folder });
for (const { number, reason, path } of result.failures)
  console.log(`object ${number} of seed ${seed}: ${reason}: ${path}`);
const { mutations, refused, opened, loaded, failures } = result;
console.log(
  `${objects.length} objects, seed ${seed}: ${mutations} mutations, ${refused} refused, ${opened} opened only, ` +
    `${isRoot ? `${loaded} loaded` : 'none loaded, for want of root'}, ${failures.length} failures`,
);
process.exitCode = failures.length > 0 ? 1 : 0;
