import { writeFileSync } from 'node:fs';
import { vmlinuxHeader } from '../bpf/vmlinux.js';
import { SnoopkitError } from '../errors.js';
import { errnoText } from '../kernel/errno.js';

const STDOUT = 1;

/** Writes vmlinux.h of a BTF file, or of the running kernel, to a file or to standard output. */
export function writeVmlinux(btf: string | undefined, output: string | undefined): void {
  const header = vmlinuxHeader(btf);
  try {
    writeFileSync(output ?? STDOUT, header);
  } catch (cause) {
    const { code, errno = 0 } = cause as NodeJS.ErrnoException;
    // A reader that has seen enough is no failure.
    if (code === 'EPIPE') return;
    throw new SnoopkitError('OUTPUT', `cannot write to ${output ?? 'standard output'}: ${errnoText(-errno)}`, {
      cause,
    });
  }
}
