import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository: this file runs as dist/bench/places.js. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** What people run, of a checkout. */
export const programOf = (folder: string) => join(folder, 'bin', 'snoopkit.cjs');
export const snoopkit = programOf(root);
/** What scripts/bench.mk compiles. */
export const loadProgram = join(root, 'dist', 'bench', 'snoopkit-load');
export const sinkProgram = join(root, 'dist', 'bench', 'sink');
export const floodObject = join(root, 'dist', 'bench', 'fixtures', 'flood.bpf.o');

/** The figures that the documentation shows, and what shows them. */
export const savedResults = join(root, 'bench', 'results.json');
export const document = join(root, 'docs', 'performance.md');
export const chart = join(root, 'docs', 'performance.svg');
