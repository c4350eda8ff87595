/** Check of a file's format before output is appended. */
import { SnoopkitError } from '../errors.js';
import type { Format, Output } from './format.js';
import type { OutputFile } from './output-file.js';

/** Maximum length of an unexpected line in a message. */
const MOST_SHOWN = 60;
const FIX = 'choose another file, or truncate it';

const otherForm = (path: string, what: string) => new SnoopkitError('OTHER_FORM', `${path} has ${what}: ${FIX}`);

function firstLine(start: Buffer): string {
  const [line = ''] = start.toString('utf8').split('\n', 1);
  return line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN)}...` : line;
}

/**
 * Throws SnoopkitError (`ERR_SNOOPKIT_OTHER_FORM`) if output of this format can't be appended to the file. Tables,
 * which are for people, may be mixed.
 */
export function checkSameForm(file: OutputFile, output: Output, { header }: Format): void {
  if (output === 'json') {
    const start = file.readStart(4 * MOST_SHOWN);
    if (start.length > 0 && start[0] !== 0x7b)
      throw otherForm(file.path, `no JSON lines, it begins with (${firstLine(start)})`);
  } else if (output === 'csv' && header !== undefined) {
    const wanted = Buffer.from(`${header}\n`);
    const start = file.readStart(Math.max(wanted.length, 4 * MOST_SHOWN));
    // A killed run may have left an incomplete header.
    if (start.length === 0 || start.equals(wanted.subarray(0, -1)) || start.subarray(0, wanted.length).equals(wanted))
      return;
    const isJson = start[0] === 0x7b;
    throw otherForm(file.path, isJson ? 'JSON lines' : `other columns (${firstLine(start)})`);
  }
}
