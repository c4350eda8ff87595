/** Where the kernel runs no programs, so that nothing is seen of what happens. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BpfObject } from '../../src/bpf/object.js';

const OBJECT = fileURLToPath(new URL('../bpf/fixtures/contexts.bpf.o', import.meta.url));

/** An orphan that ends: process 1 wakes up for it, where it is the one that reaps it. Else it may by itself. */
const WAKE = '(sleep 0.02 &); sleep 0.1';
/** So often at the most; and from so many on it is no chance that it never was switched from. */
const WAKES = 30;
const ENOUGH = 3;

let hidden: boolean | undefined;

/**
 * Whether no program ever runs while process 1 does: the host of some virtual machines keeps its own process there from
 * being traced. Whatever else happens meanwhile in interrupts is then not seen either, such as what a timer of TCP sends.
 */
export function firstProcessIsHidden(): boolean {
  hidden ??= probe();
  return hidden;
}

function probe(): boolean {
  using object = BpfObject.open(OBJECT);
  object.load();
  using _link = object.programs.need('count_switch').attach();
  const count = (name: string) => Number(object.globals.need(name).get());
  for (let i = 0; i < WAKES && count('went') === 0 && count('came') < ENOUGH; i++) spawnSync('sh', ['-c', WAKE]);
  return count('came') >= ENOUGH && count('went') === 0;
}
