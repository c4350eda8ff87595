import { realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { checkObject } from '../btf/index.js';
import { ofFile } from '../btf/of-file.js';
import { UsageError } from '../errors.js';
import { loadBinding } from '../native/load.js';
import { checkText } from './arguments.js';
import { BpfError } from './errors.js';
import { withWarnings } from './log.js';

/** The file behind a link. A rename would put a new file in the place of a link, or of a device such as /dev/null. */
function targetOf(output: string): string {
  const existing = statSync(output, { throwIfNoEntry: false });
  if (existing === undefined || existing.isDirectory()) return output;
  if (!existing.isFile()) throw new UsageError(`cannot replace ${output}: it is not a regular file`);
  return realpathSync(output);
}

/**
 * Links BPF objects into one, as `bpftool gen object` does: global functions and variables with the same name become one,
 * and `extern` declarations find their definitions. The output is replaced when all is well, and is left alone otherwise; a
 * link stays, and what it leads to is replaced.
 *
 * Throws the file system's errors, BtfError for an input that is damaged or has no BTF, BpfError if libbpf refuses, and
 * UsageError for wrong arguments, or an output that is no regular file.
 */
export function linkObjects(output: string, inputs: readonly string[]): void {
  checkText('output', output);
  for (const input of inputs) checkText('input', input);
  if (inputs.length === 0) throw new UsageError('inputs: expected at least one object');
  // libbpf trusts what it reads.
  for (const input of inputs) ofFile(input, checkObject);
  const target = targetOf(output);
  const unfinished = `${target}.${process.pid}.tmp`;
  try {
    const [result, warnings] = withWarnings(() => loadBinding().linkObjects(unfinished, ...inputs));
    if (result < 0) throw new BpfError(`cannot link ${output}`, -result, { warnings });
    renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { force: true });
  }
}
