import assert from 'node:assert/strict';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BpfObject } from '../../src/bpf/object.js';

export type Fixture =
  | 'fentry'
  | 'globals'
  | 'hookless'
  | 'lacking'
  | 'hooks'
  | 'iterator'
  | 'maps'
  | 'refused'
  | 'ring';

export function fixturePath(name: Fixture): string {
  return fileURLToPath(new URL(`./fixtures/${name}.bpf.o`, import.meta.url));
}

export function fixtureBytes(name: Fixture): Buffer {
  return readFileSync(fixturePath(name));
}

export function open(name: Fixture): BpfObject {
  return BpfObject.open(fixturePath(name));
}

/** Opens a fixture, makes this process the one that it looks at, and loads it with only these programs. */
export function load(name: Fixture, programs?: readonly string[]): BpfObject {
  const object = open(name);
  object.globals.get('target')?.set(process.pid);
  for (const program of object.programs.values()) program.autoload = programs?.includes(program.name) ?? true;
  object.load();
  return object;
}

/** A system call that Node makes for nothing else. */
export function callGetegid(count: number): void {
  for (let i = 0; i < count; i++) process.getegid?.();
}

/** Has the kernel's vfs_open() called. */
export function openFiles(count: number): void {
  for (let i = 0; i < count; i++) closeSync(openSync('/dev/null', 'r'));
}

/** A counter of the object, live. */
export function counter(object: BpfObject, name: string): bigint {
  const value = object.globals.need(name).get();
  assert.ok(typeof value === 'bigint', name);
  return value;
}

/** The message of an error, which must be one line. */
export function oneLine(error: unknown): string {
  assert.ok(error instanceof Error);
  assert.doesNotMatch(error.message, /\n/);
  return error.message;
}
