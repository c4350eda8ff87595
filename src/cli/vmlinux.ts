import { vmlinuxHeader } from '../bpf/vmlinux.js';
import { UsageError } from '../errors.js';
import { writeText } from './write-text.js';

/** Writes vmlinux.h from a BTF file or the running kernel's BTF to a file or standard output. */
export async function writeVmlinux(btf: string | undefined, output: string | undefined): Promise<void> {
  if (output === '') throw new UsageError('--output: empty value');
  await writeText(vmlinuxHeader(btf), output);
}
