#!/usr/bin/env node
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
// Parts of @oclif/core, not the whole: a third fewer modules to load.
import { handle } from '@oclif/core/handle';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
// What was compiled is what runs, whatever NODE_ENV is.
settings.enableAutoTranspile = false;
try {
  // No user plugins: they would be loaded from a folder that the user may write to, and run as root.
  await run(process.argv.slice(2), { root, userPlugins: false, devPlugins: false });
} catch (error) {
  await handle(error);
}
