import { vmlinuxHeader } from '../bpf/vmlinux.js';
import { Destination } from '../output/destination.js';

/** Writes vmlinux.h of a BTF file, or of the running kernel, to a file or to standard output. */
export async function writeVmlinux(btf: string | undefined, output: string | undefined): Promise<void> {
  const header = vmlinuxHeader(btf);
  const destination = output === undefined ? Destination.stdout() : Destination.file(output);
  destination.write(Buffer.from(header));
  await destination.close();
  if (destination.error) throw destination.error;
}
