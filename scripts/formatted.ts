import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './generated.js';

/** Formats a source text like `make format`. */
export function formatted(text: string, path: string): string {
  const biome = join(root, 'node_modules/.bin/biome');
  return execFileSync(biome, ['format', `--stdin-file-path=${path}`], { cwd: root, input: text, encoding: 'utf8' });
}
