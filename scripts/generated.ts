/** Files that are generated and committed: written, or with --check compared with the existing ones. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository. This file runs as dist/scripts/generated.js. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

function current(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

/** Names of files in a folder that are no longer generated. */
function leftovers(folder: string, files: ReadonlyMap<string, string>): string[] {
  return readdirSync(join(root, folder))
    .map((name) => join(folder, name))
    .filter((path) => !files.has(path));
}

/**
 * Brings files (text by path below the root) up to date; `folder` contains nothing else. With --check on the command
 * line it only compares, reports in one line the file that is stale, and exits with status 1.
 */
export function generate(files: ReadonlyMap<string, string>, folder?: string): void {
  const isCheck = process.argv.includes('--check');
  if (folder && !isCheck) mkdirSync(join(root, folder), { recursive: true });
  const old = folder ? leftovers(folder, files) : [];
  const stale = [...[...files].filter(([path, text]) => current(path) !== text).map(([path]) => path), ...old];
  if (isCheck) {
    if (stale[0] === undefined) return;
    process.stderr.write(`snoopkit: ${stale[0]} is stale: run make generate\n`);
    process.exit(1);
  }
  for (const [path, text] of files) if (stale.includes(path)) writeFileSync(join(root, path), text);
  for (const path of old) rmSync(join(root, path));
}
