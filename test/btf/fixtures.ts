/** The objects that scripts/btf-fixtures.mk compiles. */
import { readFileSync } from 'node:fs';
import { BtfError } from '../../src/btf/index.js';

export type Target = 'bpf' | 'bpfeb';
export const TARGETS: readonly Target[] = ['bpf', 'bpfeb'];

export function fixture(name: 'kinds' | 'layout' | 'globals', target: Target = 'bpf'): Buffer {
  return readFileSync(new URL(`./fixtures/${name}.${target}.o`, import.meta.url));
}

/** For assert.throws: a BtfError of one line that matches. */
export function btfError(pattern: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof BtfError && pattern.test(error.message) && !error.message.includes('\n');
}
