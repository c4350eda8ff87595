import { vmlinuxHeader } from '../bpf/vmlinux.js';
import { UsageError } from '../errors.js';
import { writeText } from './write-text.js';

/** Writes vmlinux.h of a BTF file, or of the running kernel, to a file or to standard output. */
export async function writeVmlinux(btf: string | undefined, output: string | undefined): Promise<void> {
  if (output === '') throw new UsageError('--output: its value is empty');
  await writeText(vmlinuxHeader(btf), output);
}
