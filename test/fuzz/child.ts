/**
 * Tries inputs of one kind. Prints a line before each, its number, and one after it, what came of it: the line that is
 * missing tells the parent which input ended the process.
 *
 * Arguments: JSON of `Work`.
 */
import { writeSync } from 'node:fs';
import { strangeArguments } from './arguments.js';
import { btf } from './btf.js';
import { objects } from './objects.js';
import { records } from './records.js';
import { values } from './values.js';
import { type KindName, outcomes, type Try, type Work } from './work.js';

const TRIES: Readonly<Record<KindName, (work: Work) => Try>> = {
  objects,
  btf,
  records,
  values,
  arguments: strangeArguments,
};

const work = JSON.parse(process.argv[2] ?? '') as Work;
const tryOne = TRIES[work.kind](work);
for (let number = work.first; number < work.first + work.count; number++) {
  writeSync(1, `${number}\n`);
  writeSync(1, `${outcomes.indexOf(await tryOne(number))}.\n`);
}
