/** Writes oclif.manifest.json, from which a start learns all commands while loading only its own. */
import { Plugin } from '@oclif/core/config';
import { generate, root } from './generated.js';

/**
 * Properties read by a start, the list of commands or the guess at a misspelled one; `described()` loads the others.
 */
const KEPT = ['id', 'summary', 'aliases', 'hiddenAliases', 'hidden', 'isTool'];

function brief(command: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const entries = KEPT.map((name) => [name, command[name]] as const);
  return Object.fromEntries(entries.filter(([, value]) => !Array.isArray(value) || value.length > 0));
}

/**
 * The commands in oclif's format, without the other exports of their modules, and in a stable order: oclif's is that of
 * the file system. A command that can't be loaded is an error.
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
  const sorted = Object.entries(commands).sort(([a], [b]) => (a < b ? -1 : 1));
  const listed = Object.fromEntries(sorted.map(([name, command]) => [name, brief(command)]));
  return `${JSON.stringify({ commands: listed, version }, null, 2)}\n`;
}

generate(new Map([['oclif.manifest.json', await manifestText()]]));
