/** CO-RE relocations, as libbpf reports them while it loads. Source: src/relo_core.c of libbpf. */

/** A relocation of an object to the types of a kernel. */
export interface Relocation {
  /** The program, or the function that programs call. */
  readonly program: string;
  /** libbpf's word: `byte_off` for the offset of a member, `field_exists`, `type_size`, `enumval_value` and the like. */
  readonly kind: string;
  /** Its subject: `struct task_struct.tgid`, `enum bpf_map_type::BPF_MAP_TYPE_RINGBUF`. */
  readonly target: string;
  /**
   * `applied`; `missing`: the kernel has none, which is an answer for `field_exists` and the like; or `poisoned`: the kernel
   * has none, and an instruction that needs it was replaced by one that the verifier rejects if it can be reached.
   */
  readonly state: 'applied' | 'missing' | 'poisoned';
  /** Value in the object, and in this kernel; undefined if nothing was replaced. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const LINE = /^libbpf: prog '([^']*)': relo #(\d+): (.*)$/;
const SPEC = /^<(\w+)> \[\d+\] (.+?)(?: \([^()]*\))?$/;
const PATCHED = /^patched insn #\d+ \([^)]*\) \w+ (\S+) -> (\S+)$/;

/** Reads the relocations of libbpf's log at its level `debug`, in their order. */
export function readRelocations(log: string): Relocation[] {
  const found = new Map<string, { -readonly [Name in keyof Relocation]: Relocation[Name] }>();
  for (const line of log.split('\n')) {
    const [, program, number, text] = LINE.exec(line) ?? [];
    if (program === undefined || text === undefined) continue;
    const key = `${program} ${number}`;
    const known = found.get(key);
    const [, kind, target] = SPEC.exec(text) ?? [];
    if (kind !== undefined && target !== undefined) {
      found.set(key, { program, kind, target, state: 'applied', before: undefined, after: undefined });
      continue;
    }
    if (!known) continue;
    if (text === 'no matching targets found') known.state = 'missing';
    else if (text.startsWith('substituting insn')) known.state = 'poisoned';
    else [, known.before, known.after] = PATCHED.exec(text) ?? [undefined, known.before, known.after];
  }
  return [...found.values()];
}
