import { vmlinuxHeader } from '../bpf/vmlinux.js';
import { writeText } from './write-text.js';

/** Writes vmlinux.h from a BTF file or the running kernel's BTF to a file or standard output. */
export async function writeVmlinux(btf: string | undefined, output: string | undefined): Promise<void> {
  await writeText(vmlinuxHeader(btf), output);
}
