import assert from 'node:assert/strict';
import { flagLabel } from '../../src/cli/flags/label.js';
import { NotFoundError } from '../../src/errors.js';
import type { Column } from '../../src/events/column.js';
import { chooseColumns, requestedFields } from '../../src/trace/columns.js';
import { availableColumns, flagsInUse, type ToolDefinition, usualColumns } from '../../src/trace/tool.js';

const all = ['time', 'pid', 'comm', 'ret', 'path', 'full', 'resolved'].map((name) => ({ name }) as Column);
const tool = {
  columns: ['pid', 'comm', 'path'],
  flags: {
    'full-path': { summary: '', sets: 'want', fields: ['full', 'resolved'], replaces: { path: 'full' } },
    plain: { summary: '', sets: 'plain' },
  },
} as unknown as ToolDefinition;
const names = (columns: readonly Column[]) => columns.map(({ name }) => name);

describe('cli: columns', () => {
  for (const [what, fields, withTime, chosen] of [
    ['the usual ones', undefined, false, ['pid', 'comm', 'path']],
    ['the time in front', undefined, true, ['time', 'pid', 'comm', 'path']],
    ['those asked for, in that order', 'path,pid', false, ['path', 'pid']],
    ['blanks around the names', ' path , pid ', false, ['path', 'pid']],
    ['one more, before the last', '+ret', false, ['pid', 'comm', 'ret', 'path']],
    ['two more', '+ret,+full', false, ['pid', 'comm', 'ret', 'full', 'path']],
    ['one that is there already', '+comm', false, ['pid', 'comm', 'path']],
    ['named ones and more', 'pid,+ret', false, ['pid', 'ret']],
    ['the time where it is asked for', 'pid,time', true, ['pid', 'time']],
    ['the time in front of those asked for', 'pid', true, ['time', 'pid']],
    ['the time added', '+time', true, ['pid', 'comm', 'time', 'path']],
  ] as const)
    it(`are ${what}`, () => {
      assert.deepEqual(names(chooseColumns(all, tool.columns, fields, withTime)), chosen);
    });

  for (const wrong of ['nope', '+nope', 'pid,', '', 'PID', '++ret'])
    it(`'${wrong}' names none`, () => {
      assert.throws(
        () => chooseColumns(all, tool.columns, wrong, false),
        (error) =>
          error instanceof NotFoundError &&
          error.kind === 'column' &&
          /^no column .*; columns: time, pid, /.test(error.message),
      );
    });

  it('are not changed for the next run', () => {
    const usual = ['pid', 'path'];
    chooseColumns(all, usual, '+ret', true);
    assert.deepEqual(usual, ['pid', 'path']);
  });

  it('that are asked for, by name', () => {
    assert.deepEqual(requestedFields('+full, pid'), ['full', 'pid']);
    assert.deepEqual(requestedFields(undefined), []);
  });
});

describe("cli: a tool's own flags", () => {
  it('are set, or implied by a column', () => {
    assert.deepEqual([...flagsInUse(tool, {}, [], flagLabel)], []);
    assert.deepEqual([...flagsInUse(tool, { plain: true, 'full-path': false }, [], flagLabel)], ['plain']);
    assert.deepEqual([...flagsInUse(tool, {}, ['pid', 'resolved'], flagLabel)], ['full-path']);
    assert.deepEqual(
      [...flagsInUse({ ...tool, flags: undefined } as unknown as ToolDefinition, { x: true }, ['pid'], flagLabel)],
      [],
    );
  });

  it('bring columns that are not there without them', () => {
    const without = names(all).filter((name) => !['full', 'resolved'].includes(name));
    assert.deepEqual(names(availableColumns(tool, all, new Set())), without);
    assert.deepEqual(names(availableColumns(tool, all, new Set(['full-path']))), names(all));
  });

  it('replace columns in a table', () => {
    const usual = (...flags: string[]) => usualColumns(tool, tool, new Set(flags), all);
    assert.deepEqual(usual(), ['pid', 'comm', 'path']);
    assert.deepEqual(usual('plain'), ['pid', 'comm', 'path']);
    assert.deepEqual(usual('full-path', 'plain'), ['pid', 'comm', 'full']);
  });

  it('leave out usual columns that are not there', () => {
    const without = all.filter(({ name }) => name !== 'comm');
    assert.deepEqual(usualColumns(tool, tool, new Set(), without), ['pid', 'path']);
  });
});
