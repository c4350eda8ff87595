import { readFileSync } from 'node:fs';

/** Bits of include/uapi/linux/capability.h that tracing may need. */
const BITS = {
  CAP_DAC_READ_SEARCH: 2,
  CAP_NET_ADMIN: 12,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
  CAP_SYS_RESOURCE: 24,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;
export type Capability = keyof typeof BITS;

/** Capabilities of `wanted` that this process lacks, by proc(5). CAP_SYS_ADMIN stands in for the two made from it (5.8). */
export function missingCapabilities(wanted: readonly Capability[], status = '/proc/self/status'): Capability[] {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync(status, 'utf8'));
  const effective = BigInt(`0x${line?.[1] ?? '0'}`);
  const has = (capability: Capability) => ((effective >> BigInt(BITS[capability])) & 1n) === 1n;
  return wanted.filter(
    (capability) =>
      !has(capability) && !((capability === 'CAP_BPF' || capability === 'CAP_PERFMON') && has('CAP_SYS_ADMIN')),
  );
}
