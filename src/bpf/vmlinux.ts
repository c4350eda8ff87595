import { existsSync } from 'node:fs';
import { checkBtf } from '../btf/index.js';
import { ofFile } from '../btf/of-file.js';
import { loadBinding } from '../native/load.js';
import { checkText } from './arguments.js';
import { refused, UnsupportedError } from './errors.js';
import { withWarnings } from './log.js';

/** The BTF of the running kernel (CONFIG_DEBUG_INFO_BTF). */
export const KERNEL_BTF = '/sys/kernel/btf/vmlinux';

/** The reason of failures for want of it. */
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
 * A C header with all types of a kernel's BTF: the running kernel's, or that of a file (raw BTF, or ELF with .BTF). The
 * text depends on the BTF alone. Throws UnsupportedError if the kernel has no BTF, BtfError if the file has none or it is damaged,
 * the file system's error if it can't be read, and UsageError if the path is not a string.
 */
export function vmlinuxHeader(btf: string = KERNEL_BTF): string {
  checkText('btf', btf);
  if (btf === KERNEL_BTF && !existsSync(btf)) throw new UnsupportedError(NO_KERNEL_BTF, { kind: 'btf' });
  // libbpf trusts what it reads.
  if (btf !== KERNEL_BTF) ofFile(btf, checkBtf);
  const [text, warnings] = withWarnings(() => loadBinding().dumpBtf(btf));
  if (typeof text === 'string') return HEAD + text + FOOT;
  const error = refused(`cannot read the BTF of ${btf}`, -text);
  throw Object.assign(error, { cause: warnings });
}
