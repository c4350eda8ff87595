/** `make fuzz`: KIND, SECONDS, SEED, FIRST, COUNT and CORPUS are its variables; see CONTRIBUTING.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { elfSections } from '../../src/btf/index.js';
import { corpus, toolObjects } from './corpus.js';
import { fuzz } from './fuzz.js';
import { KINDS, type KindName } from './work.js';

const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'objects' },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
    count: { type: 'string', default: 'Infinity' },
    /** A folder with more objects. */
    corpus: { type: 'string', default: '' },
  },
});
const wanted = values.kind === 'all' ? KINDS : KINDS.filter((kind) => kind === values.kind);
if (wanted.length === 0) throw new Error(`no kind ${values.kind}: ${KINDS.join(', ')}, all`);
const more = values.corpus === '' ? [] : readdirSync(values.corpus).map((name) => join(values.corpus, name));
const extra: Partial<Record<KindName, readonly string[]>> = {
  objects: more,
  btf: more.filter((path) => elfSections(readFileSync(path)).has('.BTF')),
};
const folder = fileURLToPath(new URL('../../../build/fuzz', import.meta.url));
const load = process.getuid?.() === 0;
const [seed, first, count] = [values.seed, values.first, values.count].map(Number) as [number, number, number];
// All kinds share the time.
const seconds = Number(values.seconds) / wanted.length;
for (const kind of wanted) {
  const objects = [...(kind === 'records' ? toolObjects() : corpus()), ...(extra[kind] ?? [])];
  const result = await fuzz({ kind, corpus: objects, seed, seconds, first, count, load, folder });
  for (const { number, reason, path } of result.failures)
    console.log(`${kind}: number ${number} of seed ${seed}: ${reason}: ${path}`);
  const counts = Object.entries(result.counts).filter(([, times]) => times > 0);
  const listed = counts.map(([outcome, times]) => `${times} ${outcome}`).join(', ') || 'none done';
  const rights = load ? '' : '; without the kernel, for want of root';
  console.log(
    `${kind}, seed ${seed}, from ${first}: ${result.inputs} inputs, ${listed}, ${result.failures.length} failures${rights}`,
  );
  if (result.failures.length > 0) process.exitCode = 1;
}
