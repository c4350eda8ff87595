/** The kernel's compiler of BPF programs: its settings. Source: Documentation/admin-guide/sysctl/net.rst. */
import { readFileSync } from 'node:fs';

/** Settings of the JIT. Members are undefined where this process may not read them. */
export interface JitState {
  /** Whether programs are compiled to machine code, rather than interpreted (`net.core.bpf_jit_enable`). */
  readonly isEnabled: boolean | undefined;
  /** Whose programs have their constants blinded, which costs speed (`net.core.bpf_jit_harden`). */
  readonly isHardened: 'none' | 'unprivileged' | 'all' | undefined;
  /** Bytes of machine code that unprivileged users may have together (`net.core.bpf_jit_limit`). */
  readonly limit: bigint | undefined;
}

const HARDENED = ['none', 'unprivileged', 'all'] as const;

function setting(name: string): bigint | undefined {
  try {
    return BigInt(readFileSync(`/proc/sys/net/core/bpf_jit_${name}`, 'latin1').trim());
  } catch {
    // Absent without a JIT, and for root alone.
    return undefined;
  }
}

/** The state of the JIT. Only root may read `isHardened` and `limit`, in the first network namespace. */
export function jitState(): JitState {
  const enable = setting('enable');
  const harden = setting('harden');
  return {
    isEnabled: enable === undefined ? undefined : enable !== 0n,
    isHardened: harden === undefined ? undefined : HARDENED[Number(harden)],
    limit: setting('limit'),
  };
}
