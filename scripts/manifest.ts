/** Writes oclif.manifest.json, from which a start learns all commands without loading any but its own. */
import { Plugin } from '@oclif/core/config';
import { generate, root } from './generated.js';

/**
 * What oclif would write, in a stable order: it lists commands as the file system does. Values that depend on this
 * machine are left out (`respectNoCacheDefault`), and a command that can't be loaded is an error.
 */
async function manifestText(): Promise<string> {
  const plugin = new Plugin({
    root,
    type: 'core',
    isRoot: true,
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  });
  await plugin.load();
  const { version, commands } = plugin.manifest;
  const sorted = Object.fromEntries(Object.entries(commands).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ commands: sorted, version }, null, 2)}\n`;
}

generate(new Map([['oclif.manifest.json', await manifestText()]]));
