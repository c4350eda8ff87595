/** The code of a program in the report of `snoopkit explain`. */
import type { ProgramInstruction } from '../bpf/program-code.js';
import { visibleText } from '../output/visible.js';
import type { ExplainedProgram } from './explain-object.js';

const BYTES_PER_LINE = 16;

/** Instructions, with a line of the source before those that were compiled from it. */
function instructionLines(instructions: readonly ProgramInstruction[]): string[] {
  const width = `${instructions.at(-1)?.index}`.length;
  let shown: ProgramInstruction['source'];
  return instructions.flatMap(({ index, code, function: name, source }) => {
    const isNew = source !== undefined && (source.line !== shown?.line || source.text !== shown?.text);
    shown = source;
    return [
      ...(name === undefined ? [] : [`  ${visibleText(name)}:`]),
      ...(isNew ? [`  ; ${visibleText(source.text)}`] : []),
      `  ${`${index}`.padStart(width)}: ${code}`,
    ];
  });
}

function byteLines(base64: string): string[] {
  const code = Buffer.from(base64, 'base64');
  const digits = (code.length - 1).toString(16).length;
  return Array.from({ length: Math.ceil(code.length / BYTES_PER_LINE) }, (_, i) => {
    const at = i * BYTES_PER_LINE;
    const bytes = code.toString('hex', at, at + BYTES_PER_LINE).replace(/..(?!$)/g, '$& ');
    return `  ${at.toString(16).padStart(digits, '0')}: ${bytes}`;
  });
}

/** The parts of the report with the code that was asked for: none for a program that was not accepted. */
export function codeParts({
  name,
  info,
  translatedCode,
  machineCode,
}: ExplainedProgram): (readonly [title: string, lines: readonly string[]])[] {
  const withheld = ['  withheld by the kernel'];
  const parts: (readonly [string, readonly string[]])[] = [];
  if (translatedCode !== undefined)
    parts.push([
      `TRANSLATED CODE OF ${visibleText(name)} (instructions left by the verifier)`,
      translatedCode ? instructionLines(translatedCode) : withheld,
    ]);
  if (machineCode !== undefined) {
    const missing = info?.jitedSize === 0 ? ['  none: the kernel interprets the program'] : withheld;
    parts.push([
      `MACHINE CODE OF ${visibleText(name)} (offset, bytes; hexadecimal)`,
      machineCode ? byteLines(machineCode) : missing,
    ]);
  }
  return parts;
}
