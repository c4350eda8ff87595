/** The kernels that the tests run on, and the machines that are emulated for them. */
import type { Kernel } from '../../scripts/debian/kernel.js';

export const KERNELS: readonly Kernel[] = [
  { series: '5.10', suite: 'bullseye', architecture: 'amd64' },
  { series: '6.1', suite: 'bookworm', architecture: 'amd64' },
  { series: '6.12', suite: 'trixie', architecture: 'amd64' },
  { series: '7.2', suite: 'forky', architecture: 'amd64' },
  { series: '6.1', suite: 'bookworm', architecture: 'arm64' },
  { series: '6.12', suite: 'trixie', architecture: 'arm64' },
];

/** Differences between architectures. */
export interface Machine {
  readonly qemu: string;
  readonly arguments: readonly string[];
  readonly console: string;
  /** How many times slower than the host it is, as measured: 14 to 16, and 20 to 40. */
  readonly slow: number;
  /** Whether the host's programs don't run on it: it gets a root of its own, and tests compiled for it. */
  readonly isForeign: boolean;
}

const MACHINES: Readonly<Record<string, Machine>> = {
  amd64: {
    qemu: 'qemu-system-x86_64',
    // With cmpxchg16b, kernels from 6.12 on crash at random in QEMU 7.2. Emulated AVX makes a start of a tool a fifth slower.
    arguments: ['-machine', 'pc,memory-backend=memory', '-cpu', 'max,-cx16,-avx,-avx2,-fma'],
    console: 'ttyS0',
    slow: 15,
    isForeign: false,
  },
  arm64: {
    qemu: 'qemu-system-aarch64',
    arguments: ['-machine', 'virt,memory-backend=memory', '-cpu', 'cortex-a72'],
    console: 'ttyAMA0',
    slow: 30,
    isForeign: true,
  },
};

export function machineOf({ architecture }: Kernel): Machine {
  const machine = MACHINES[architecture];
  if (!machine) throw new Error(`nothing emulates ${architecture}`);
  return machine;
}

/** As it is asked for: the series, and the architecture where it is not the host's. */
export function nameOf(kernel: Kernel): string {
  return machineOf(kernel).isForeign ? `${kernel.series}-${kernel.architecture}` : kernel.series;
}

/** Stands for this machine, whose tests run without a guest. */
export const HOST = 'host';

/** The kernels of these names. When there are none, all of the host's architecture: the others need a build of their own. */
export function chooseKernels(names: readonly string[]): readonly Kernel[] {
  const known = KERNELS.map(nameOf);
  for (const name of names) {
    if (!known.includes(name)) throw new Error(`there is no kernel ${name} to test; there are: ${known.join(' ')}`);
  }
  if (names.length === 0) return KERNELS.filter((kernel) => !machineOf(kernel).isForeign);
  return KERNELS.filter((kernel) => names.includes(nameOf(kernel)));
}
