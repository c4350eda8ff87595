import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Output } from '../../src/output/format.js';
import { OutputFile } from '../../src/output/output-file.js';
import { checkSameForm } from '../../src/output/same-form.js';

const COLUMNS = 'time,pid,path';

describe('output: what is added to a file', () => {
  let folder: string;
  let path: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
    path = join(folder, 'file');
  });
  after(() => rmSync(folder, { recursive: true }));

  function check(output: Output, there = path, truncate = false): void {
    const file = OutputFile.openNow(there, { truncate });
    const own = { begin: () => {}, event: () => {}, lost: () => {}, ...(output === 'csv' && { header: COLUMNS }) };
    try {
      checkSameForm(file, output, own);
    } finally {
      file.close();
    }
  }

  for (const [output, text, line] of [
    ['csv', 'time,pid\n1,2\n', 'other columns (time,pid)'],
    ['csv', 'time,pid,path,ret\n', 'other columns (time,pid,path,ret)'],
    ['csv', 'time,pid,pat', 'other columns (time,pid,pat)'],
    ['csv', '\ntime,pid,path\n', 'other columns ()'],
    ['csv', `${'x'.repeat(5000)}\n`, `other columns (${'x'.repeat(60)}...)`],
    ['csv', '{"event":"open"}\n', 'JSON lines'],
    ['json', 'time,pid,path\n', 'no JSON lines, it begins with (time,pid,path)'],
    ['json', '[{}]\n', 'no JSON lines, it begins with ([{}])'],
    ['json', '\n{}\n', 'no JSON lines, it begins with ()'],
  ] as const)
    it(`is no ${output} where it has ${line.slice(0, 80)}`, () => {
      writeFileSync(path, text);
      assert.throws(() => check(output), {
        code: 'ERR_SNOOPKIT_OTHER_FORM',
        message: `${path} has ${line}: choose another file, or truncate it`,
      });
      check(output, path, true);
      check('table');
    });

  for (const [output, text] of [
    ['csv', ''],
    ['csv', `${COLUMNS}\n`],
    ['csv', COLUMNS],
    ['csv', `${COLUMNS}\n1,2,x\n3,`],
    ['json', ''],
    ['json', '{'],
    ['json', '{"event":"open"}\n'],
  ] as const)
    it(`may be ${output} where it has '${text.replaceAll('\n', '|')}'`, () => {
      writeFileSync(path, text);
      check(output);
    });

  it('is not asked of a device or a FIFO', () => {
    check('csv', '/dev/null');
    const fifo = join(folder, 'fifo');
    assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
    const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    check('json', fifo);
    closeSync(reader);
  });
});
