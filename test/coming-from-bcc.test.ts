/** docs/coming-from-bcc.md names what there is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { INSTEAD } from '../src/cli/flags/other-tools.js';
import * as library from '../src/index.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/coming-from-bcc.md', import.meta.url)), 'utf8');
const section = (title: string) => page.split('\n## ').find((text) => text.startsWith(`${title}\n`)) ?? assert.fail();
/** Rows of a section's table, as cells. */
const rows = (title: string) =>
  [...section(title).matchAll(/^\| (.*?) \| (.*) \|$/gm)].slice(2).map(([, theirs = '', ours = '']) => [theirs, ours]);

const { BpfLink, BpfMap, BpfObject, BpfProgram, EventReader, OpenedProgram, RecordStream } = library;
const CLASSES = [BpfLink, BpfMap, BpfObject, BpfProgram, EventReader, OpenedProgram, RecordStream];
const members = new Set([
  ...Object.keys(library),
  ...CLASSES.flatMap((type): object[] => [type, type.prototype]).flatMap(Object.getOwnPropertyNames),
  ...['maps', 'programs', 'btf', 'need', 'load'],
]);

describe('docs: for users of bcc', () => {
  it('the tools are those that the command line knows', () => {
    const known = new Map(
      rows('Tools').flatMap(([theirs = '', ours = '']) =>
        [...theirs.matchAll(/`(\w+)`/g)].map(([, name]) => [name, /`([^`]+)`/.exec(ours)?.[1]]),
      ),
    );
    assert.deepEqual(Object.fromEntries(known), INSTEAD);
  });

  it('functions and methods of the library exist', () => {
    const named = rows('Programs in TypeScript').flatMap(([, ours = '']) =>
      [...ours.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) =>
        [...code.replaceAll(/'[^']*'/g, "''").matchAll(/([A-Za-z]\w*)(?=\()|(?<=\)\.)([A-Za-z]\w*)/g)].map(
          ([word]) => word,
        ),
      ),
    );
    assert.ok(named.length > 30);
    assert.deepEqual(
      named.filter((word) => !members.has(word)),
      [],
    );
  });
});
