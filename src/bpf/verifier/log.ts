/** The verifier's log of a rejected program. Source: kernel/bpf/verifier.c, kernel/bpf/log.c. */

/** A line of the C source. */
export interface SourceLine {
  /** As the compiler was given it. Missing in logs of kernels before 6.8 unless the object's line info is used. */
  readonly file?: string;
  readonly line?: number;
  readonly text: string;
}

/** An instruction that the verifier followed. */
export interface LoggedInstruction {
  readonly index: number;
  /** In the verifier's notation: `r0 = *(u64 *)(r0 +0)`. */
  readonly code: string;
  /** The line that it was compiled from, if the log says so. */
  readonly source: SourceLine | undefined;
  /** State of the registers that changed, as the verifier knew it afterwards: `R0=map_value_or_null(...)`. Kernel 5.18. */
  readonly state: string | undefined;
}

export interface VerifierLog {
  /** The instructions on the way to the refusal, in order. */
  readonly path: readonly LoggedInstruction[];
  /** The verifier's last lines. */
  readonly reasons: readonly string[];
}

/** libbpf replaces the text of instructions that it could not relocate. */
const INSTRUCTION = /^(\d+): (?:\([0-9a-f]{2}\) (.*)|(<.*>))$/;
/** Where the verifier ends no line: before the reason, at the end of a loop, and after it, for a tail call. */
const UNENDED = /(goto pc[+-]\d+ )(?=infinite loop detected)|(?<=\S)(?=processed \d+ insns )/g;
const SOURCE = /^; (.*)$/;
const PLACE = /^(.*?) @ (\S+):(\d+)$/;
const BRANCH = /^from (\d+) to (\d+)\b/;
/** States of registers, statistics and the beginning of the log: nothing that it says about the refusal. */
const ASIDE =
  /^(processed \d|verification time|stack depth|--|\d+: R|(R\d+|fp-\d+)(_\w+)?=|(cur|old) state:|func#|Func#\d+ .*safe|Validating \S+ func#|btf_vmlinux is malformed|parent |last_idx|regs=|mark_precise|caller:|callee:|frame\d)/;

function sourceOf(line: string): SourceLine | undefined {
  const [, text = line, file, number] = PLACE.exec(line) ?? [];
  if (text.trim() === '') return undefined;
  return file === undefined ? { text: text.trim() } : { file, line: Number(number), text: text.trim() };
}

/** Reads a log. One that is cut or of another form has fewer parts. */
export function readVerifierLog(log: string): VerifierLog {
  let path: LoggedInstruction[] = [];
  let reasons: string[] = [];
  let source: SourceLine | undefined;
  for (const raw of log.replace(UNENDED, '$1\n').split('\n')) {
    const line = raw.trim();
    const instruction = INSTRUCTION.exec(line);
    if (instruction) {
      const [code = '', state] = (instruction[2] ?? instruction[3] ?? '').split(/\s+; /);
      path.push({ index: Number(instruction[1]), code: code.trim(), source, state: state?.trim() });
      reasons = [];
      continue;
    }
    const branch = BRANCH.exec(line);
    if (branch) {
      // The verifier goes back to a branch that it has left open.
      const from = path.findLastIndex(({ index }) => index === Number(branch[1]));
      path = path.slice(0, from + 1);
      reasons = [];
      source = path.at(-1)?.source;
      continue;
    }
    const comment = SOURCE.exec(line);
    if (comment) source = sourceOf(comment[1] as string) ?? source;
    else if (line !== '' && line !== ';' && !ASIDE.test(line)) reasons.push(line);
  }
  return { path, reasons };
}

/** The line of a log that states the reason. A second one says the same less exactly. */
export function verifierSummary(log: string): string {
  return readVerifierLog(log).reasons[0] ?? 'no reason given';
}
