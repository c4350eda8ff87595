import { existsSync } from 'node:fs';
import { loadBinding } from '../native/load.js';
import { refused, UnsupportedError } from './errors.js';
import { withWarnings } from './log.js';

/** Where the running kernel shows its types (CONFIG_DEBUG_INFO_BTF). */
export const KERNEL_BTF = '/sys/kernel/btf/vmlinux';

/** Why an operation that needs them fails. */
export const NO_KERNEL_BTF =
  'this kernel has no BTF (CONFIG_DEBUG_INFO_BTF): give a file with the BTF of this very kernel';

/*
 * preserve_access_index makes every access to a member a CO-RE relocation. Later kernels have members
 * that are structs with a tag but no name: a Microsoft extension, which -fms-extensions turns on; the
 * warning about it is turned off here so that the header can be included with all warnings on.
 */
const HEAD = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wmissing-declarations"
#pragma clang diagnostic ignored "-Wmicrosoft-anon-tag"

`;

const FOOT = `
#pragma clang diagnostic pop
#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`;

/**
 * A C header of every type in a kernel's BTF: the running kernel's, or that of a raw BTF file or an ELF file
 * with a .BTF section. The same BTF always gives the same text. Throws UnsupportedError if the kernel has no BTF,
 * and BpfError if the file has none.
 */
export function vmlinuxHeader(btf: string = KERNEL_BTF): string {
  if (btf === KERNEL_BTF && !existsSync(btf)) throw new UnsupportedError(NO_KERNEL_BTF, { kind: 'btf' });
  const [text, warnings] = withWarnings(() => loadBinding().dumpBtf(btf));
  if (typeof text === 'string') return HEAD + text + FOOT;
  const error = refused(`${btf} is neither BTF nor an ELF file with BTF`, -text);
  throw Object.assign(error, { cause: warnings });
}
