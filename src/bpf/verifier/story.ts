/** How the register that a program was rejected for got its value. */
import type { LoggedInstruction, VerifierLog } from './log.js';

/** Instructions that are shown at most. */
const LONGEST = 12;
const LOAD = /^([rw])(\d+) = \*\(\w+ \*\)\((r\d+) ?([+-]\d+)\)/;
const MOVE = /^[rw](\d+) = (?:\([su]\d+\))?[rw](\d+)$/;
const CHANGE = /^[rw](\d+) (?:[-+*/%&|^]|<<|>>|s>>|s\/|s%)?= /;
const CALL = /^call /;
const STORE = /^\*\(\w+ \*\)\(r10 ?([+-]\d+)\) = ([rw]\d+)/;
const ADDED = /^r\d+ \+= (r\d+)$/;
/** Reasons for which the number that was added to a pointer is at fault. */
const OUT_OF_BOUNDS = /unbounded|min value|outside of/;
const REFERENCE = /\balloc_insn=(\d+)/;
/** A call leaves no value in these. */
const CLEARED = ['r1', 'r2', 'r3', 'r4', 'r5'];

/** The register that the verifier names, or that the last instruction reads memory by. */
function registerAtFault({ path, reasons }: VerifierLog): string | undefined {
  const named = reasons.map((reason) => /\bR(\d+)\b/.exec(reason)?.[1]).find((number) => number !== undefined);
  if (named !== undefined) return `r${named}`;
  return LOAD.exec(path.at(-1)?.code ?? '')?.[3];
}

/**
 * The instructions that made the value of the register at fault, in order, up to the one that was rejected; empty if none
 * is named. Values are followed through other registers and through the stack.
 */
export function storyOf(log: VerifierLog): LoggedInstruction[] {
  const last = log.path.at(-1);
  const acquired = log.reasons.map((reason) => REFERENCE.exec(reason)?.[1]).find((index) => index !== undefined);
  if (last && acquired !== undefined)
    return log.path.filter((step) => step === last || step.index === Number(acquired));
  const isOutOfBounds = log.reasons.some((reason) => OUT_OF_BOUNDS.test(reason));
  let wanted = registerAtFault(log);
  if (!last || wanted === undefined) return [];
  /** The slot of the stack that is followed instead of a register. */
  let slot: string | undefined;
  const story = [last];
  for (const step of log.path.slice(0, -1).reverse()) {
    if (story.length === LONGEST) break;
    const { code } = step;
    if (slot !== undefined) {
      const [, at, from] = STORE.exec(code) ?? [];
      if (at !== slot) continue;
      story.push(step);
      slot = undefined;
      wanted = from?.replace('w', 'r');
      continue;
    }
    if (CALL.test(code)) {
      if (wanted !== 'r0' && !CLEARED.includes(wanted as string)) continue;
      story.push(step);
      break;
    }
    const [, target] = CHANGE.exec(code) ?? [];
    if (target === undefined || `r${target}` !== wanted) continue;
    story.push(step);
    const [, , from] = MOVE.exec(code) ?? [];
    const [, , , base, offset] = LOAD.exec(code) ?? [];
    const [, added] = ADDED.exec(code) ?? [];
    if (from !== undefined) wanted = `r${from}`;
    else if (added !== undefined && isOutOfBounds) wanted = added;
    else if (base === 'r10') slot = offset;
    else if (/^[rw]\d+ = /.test(code)) break;
  }
  return story.reverse();
}
