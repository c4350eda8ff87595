/** The kernels that the tests run on, and the machine that is emulated for them. */

export interface Kernel {
  /** As it is asked for: the series. */
  readonly version: string;
  /** Debian's suite that has it. A suite that is not released yet moves on: what ran is in the results. */
  readonly suite: string;
}

export const KERNELS: readonly Kernel[] = [
  { version: '5.10', suite: 'bullseye' },
  { version: '6.1', suite: 'bookworm' },
  { version: '6.12', suite: 'trixie' },
  { version: '7.2', suite: 'forky' },
];

/** What differs between architectures. */
export interface Machine {
  /** Debian's name of the architecture. */
  readonly architecture: string;
  readonly qemu: string;
  readonly arguments: readonly string[];
  readonly console: string;
}

export const MACHINE: Machine = {
  architecture: 'amd64',
  qemu: 'qemu-system-x86_64',
  // With cmpxchg16b, kernels from 6.12 on crash at random in QEMU 7.2.
  arguments: ['-machine', 'pc,memory-backend=memory', '-cpu', 'max,-cx16'],
  console: 'ttyS0',
};

/** The kernels of these versions, all when none is named. */
export function chooseKernels(versions: readonly string[]): readonly Kernel[] {
  for (const version of versions) {
    if (KERNELS.some((kernel) => kernel.version === version)) continue;
    throw new Error(`there is no kernel ${version} to test; there are: ${KERNELS.map((k) => k.version).join(' ')}`);
  }
  return versions.length === 0 ? KERNELS : KERNELS.filter(({ version }) => versions.includes(version));
}
