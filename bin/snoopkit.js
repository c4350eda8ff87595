#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { raisePriority } from '../dist/cli/oclif/priority.js';

// Before all else is loaded.
raisePriority();
const { main } = await import('../dist/cli/oclif/main.js');
await main(fileURLToPath(new URL('..', import.meta.url)));
