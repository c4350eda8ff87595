import { readElf, readSymbols } from './elf.js';
import { callGraph, type ExternalCall, readFunctions } from './functions.js';

/**
 * Returns what each program calls outside of the object, itself or in functions that it calls, by the program's name.
 *
 * @throws BtfError if the object is damaged.
 */
export function externalCalls(object: Uint8Array): Map<string, ExternalCall[]> {
  const elf = readElf(object);
  const functions = readFunctions(elf, readSymbols(elf));
  const reachedFrom = callGraph(functions);
  const programs = functions.filter(({ symbol, isSubprogram }) => symbol.binding === 'global' && !isSubprogram);
  return new Map(
    programs.map((program) => [
      program.symbol.name,
      [...new Set([program, ...reachedFrom(program)])].flatMap(({ external }) => external),
    ]),
  );
}
