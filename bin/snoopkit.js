#!/usr/bin/env node
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute } from '@oclif/core';

// No user plugins: they would be loaded from a folder that the user may write to, and run as root.
await execute({
  loadOptions: { root: join(dirname(fileURLToPath(import.meta.url)), '..'), userPlugins: false, devPlugins: false },
});
