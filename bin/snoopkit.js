#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { raisePriority } from '../dist/cli/oclif/priority.js';

// Before all else is loaded, and so for every command: which of them trace is known only after that.
raisePriority();
const { main } = await import('../dist/cli/oclif/main.js');
await main(fileURLToPath(new URL('..', import.meta.url)));
