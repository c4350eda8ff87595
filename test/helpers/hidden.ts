/** Detects machines on which the kernel runs no programs at times, so that events are not seen. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BpfObject } from '../../src/bpf/object.js';

const OBJECT = fileURLToPath(new URL('../bpf/fixtures/contexts.bpf.o', import.meta.url));

/** An orphan that ends: process 1 wakes up for it if it is the reaper. Otherwise it may wake up on its own. */
const WAKE = '(sleep 0.02 &); sleep 0.1';
/** Maximum number of attempts; and the number from which on a missing switch is no coincidence. */
const WAKES = 30;
const ENOUGH = 3;

let hidden: boolean | undefined;

/**
 * Whether no program ever runs while process 1 does: the host of some virtual machines prevents tracing of its own
 * process there. Events in interrupts during that time are then not seen either, such as segments sent by a TCP timer.
 */
export function firstProcessIsHidden(): boolean {
  hidden ??= probe();
  return hidden;
}

function probe(): boolean {
  using object = BpfObject.open(OBJECT).load();
  using _link = object.programs.need('count_switch').attach();
  const count = (name: string) => Number(object.globals.need(name).get());
  for (let i = 0; i < WAKES && count('went') === 0 && count('came') < ENOUGH; i++) spawnSync('sh', ['-c', WAKE]);
  return count('came') >= ENOUGH && count('went') === 0;
}
