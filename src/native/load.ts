import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { SnoopkitError } from '../errors.js';
import type { Binding } from './binding.js';

const platform = `linux-${process.arch}`;
const folder = new URL('../../native/', import.meta.url);

/** The native addon cannot be loaded. The message says what is missing and what to do, in one line. */
export class AddonError extends SnoopkitError {
  constructor(message: string, options?: ErrorOptions) {
    super('ADDON', message, options);
  }
}

let binding: Binding | undefined;

/** The native addon, loaded when it is first asked for. Throws {@link AddonError}. */
export function loadBinding(): Binding {
  if (!binding) {
    const file = fileURLToPath(new URL(`${platform}.node`, folder));
    try {
      binding = createRequire(import.meta.url)(file) as Binding;
    } catch (cause) {
      throw new AddonError(existsSync(file) ? explain(cause) : notBuilt(), { cause });
    }
  }
  return binding;
}

/** The program that starts a command on request, see `launch.c`. */
export function launcherPath(): string {
  return fileURLToPath(new URL(`launch-${platform}`, folder));
}

function notBuilt(): string {
  return `the native addon for ${platform} is not built: run make build`;
}

/** One line for an error of dlopen(3). Exported for tests. */
export function explain(cause: unknown): string {
  const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n');
  return line.startsWith('libbpf.so.1: cannot open shared object file')
    ? 'libbpf.so.1 is missing: run apt-get install libbpf1'
    : line;
}
