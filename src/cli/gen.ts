import { basename } from 'node:path';
import { linkObjects } from '../bpf/link-objects.js';
import { KERNEL_BTF } from '../bpf/vmlinux.js';
import { cutBtfToKnown } from '../btf/cut.js';
import { checkObject } from '../btf/index.js';
import { ofFile } from '../btf/of-file.js';
import { relocatedTypes } from '../btf/relocations.js';
import { SnoopkitError, UsageError } from '../errors.js';
import { skeleton } from '../skeleton/skeleton.js';
import { writeBytes, writeText } from './write-text.js';

export interface GenFlags {
  readonly output?: string;
  readonly embed: boolean;
  readonly library: string;
  readonly isLibraryGiven: boolean;
  readonly btf?: string;
}

function writeTypes([object = '', ...more]: readonly string[], { output, embed, library }: GenFlags): Promise<void> {
  if (more.length > 0) throw new UsageError(`gen types takes one object, not also ${more[0]}`);
  const options = { file: basename(object), isEmbedded: embed, library };
  return writeText(
    ofFile(object, (bytes) => skeleton(bytes, options)),
    output,
  );
}

function minimalBtf(objects: readonly string[], btf: string): Buffer {
  const names = new Set<string>();
  for (const object of objects) {
    const types = ofFile(object, (bytes) => {
      checkObject(bytes);
      return relocatedTypes(bytes);
    });
    if (!types)
      throw new SnoopkitError(
        'UNSUPPORTED',
        `${object} needs all of a kernel's BTF: it relocates IDs of the kernel's types`,
      );
    for (const name of types) names.add(name);
  }
  return ofFile(btf, (bytes) => cutBtfToKnown(bytes, names));
}

/** Runs `snoopkit gen`. Throws UsageError for flags that do not belong to what is generated. */
export async function generate(
  what: 'types' | 'object' | 'min-btf',
  objects: readonly string[],
  flags: GenFlags,
): Promise<void> {
  const { output, embed, isLibraryGiven, btf } = flags;
  if (output === '') throw new UsageError('--output: empty value');
  if (embed && what !== 'types') throw new UsageError('--embed: only for gen types');
  if (isLibraryGiven && what !== 'types') throw new UsageError('--library: only for gen types');
  if (btf !== undefined && what !== 'min-btf') throw new UsageError('--btf: only for gen min-btf');
  if (what === 'types') return writeTypes(objects, flags);
  if (output === undefined) throw new UsageError(`gen ${what} needs --output FILE`);
  if (what === 'object') linkObjects(output, objects);
  else await writeBytes(minimalBtf(objects, btf ?? KERNEL_BTF), output);
}
