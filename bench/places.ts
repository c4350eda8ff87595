import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository: this file runs as dist/bench/places.js. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The program of a checkout. */
export const programOf = (folder: string) => join(folder, 'bin', 'snoopkit.cjs');
export const snoopkit = programOf(root);
/** The program compiled by scripts/bench.mk. */
export const loadProgram = join(root, 'dist', 'bench', 'snoopkit-load');
export const sinkProgram = join(root, 'dist', 'bench', 'sink');
export const mapCalls = join(root, 'dist', 'bench', 'map-calls');
export const mapsObject = join(root, 'dist', 'bench', 'fixtures', 'maps.bpf.o');
export const floodObject = join(root, 'dist', 'bench', 'fixtures', 'flood.bpf.o');

/** The figures shown in the documentation, and the documents that show them. */
export const savedResults = join(root, 'bench', 'results.json');
export const document = join(root, 'docs', 'performance.md');
export const chart = join(root, 'docs', 'performance.svg');
