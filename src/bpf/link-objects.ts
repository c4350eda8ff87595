import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkObject } from '../btf/index.js';
import { ofFile } from '../btf/of-file.js';
import { UsageError } from '../errors.js';
import { loadBinding } from '../native/load.js';
import { replaceFile } from '../replace-file.js';
import { checkText } from './arguments.js';
import { BpfError } from './errors.js';
import { withWarnings } from './log.js';

/**
 * Links BPF objects into one, as `bpftool gen object` does: global functions and variables with the same name become one,
 * and `extern` declarations find their definitions. The output is replaced when all is well, and is left alone otherwise; a
 * link stays, and what it leads to is replaced.
 *
 * Throws the file system's errors for an input, SnoopkitError if the output can't be written, BtfError for an input that is
 * damaged or has no BTF, BpfError if libbpf refuses, and UsageError for wrong arguments, or an output that is no regular file.
 */
export function linkObjects(output: string, inputs: readonly string[]): void {
  checkText('output', output);
  for (const input of inputs) checkText('input', input);
  if (inputs.length === 0) throw new UsageError('inputs: expected at least one object');
  // libbpf trusts what it reads.
  for (const input of inputs) ofFile(input, checkObject);
  if (statSync(output, { throwIfNoEntry: false })?.isFile() === false)
    throw new UsageError(`cannot replace ${output}: it is not a regular file`);
  const folder = mkdtempSync(join(tmpdir(), 'snoopkit-link-'));
  try {
    const linked = join(folder, 'linked.bpf.o');
    const [result, warnings] = withWarnings(() => loadBinding().linkObjects(linked, ...inputs));
    if (result < 0) throw new BpfError(`cannot link ${output}`, -result, { warnings });
    replaceFile(output, readFileSync(linked));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
