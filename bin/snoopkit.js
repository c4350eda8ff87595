#!/usr/bin/env node
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { handle, run } from '@oclif/core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
try {
  // No user plugins: they would be loaded from a folder that the user may write to, and run as root.
  await run(process.argv.slice(2), { root, userPlugins: false, devPlugins: false });
} catch (error) {
  await handle(error);
}
