import { vmlinuxHeader } from '../bpf/vmlinux.js';
import { writeText } from './write-text.js';

/** Writes vmlinux.h of a BTF file, or of the running kernel, to a file or to standard output. */
export async function writeVmlinux(btf: string | undefined, output: string | undefined): Promise<void> {
  await writeText(vmlinuxHeader(btf), output);
}
