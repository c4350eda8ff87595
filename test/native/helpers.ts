import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { fileURLToPath } from 'node:url';
import { setLog } from '../../src/bpf/log.js';
import type { NativeObject, NativeProgram } from '../../src/native/binding.js';
import type { NativeLink } from '../../src/native/links.js';
import { loadBinding } from '../../src/native/load.js';
import type { NativeRing } from '../../src/native/rings.js';
import { patient } from '../helpers/patience.js';

export const binding = loadBinding();

/** Undoes `binding.setLog()`: the library installs its own listener once, and would not know that another took its place. */
export function restoreLog(): void {
  setLog(() => {});
  setLog(undefined);
}

/** PERF_TYPE_TRACEPOINT */
export const TRACEPOINT = 2;
export const EPERM = -1;
export const ENOENT = -2;
export const EBADF = -9;
export const EBUSY = -16;
export const EINVAL = -22;
export const ENOSPC = -28;
export const ERANGE = -34;

/** Offsets in the .rodata of `ring.bpf.c`. */
export const TARGET = 0;
export const DISCARD_EVERY = 8;
export const TRIGGER = 16;

/** 8 bytes of header, 16 of `struct record`. */
export const RECORD = 24;
export const RING_SIZE = 4096;

/** getegid(2), which nothing in Node calls by itself: one call, one record. */
const GETEGID = process.arch === 'arm64' ? 177 : 108;

export function fixture(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/${name}.bpf.o`, import.meta.url));
}

/** The path of a compiled script in `fixtures`. */
export function script(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}.js`, import.meta.url));
}

export function must<T>(value: T | number): T {
  if (typeof value === 'number') assert.fail(`refused: ${value}`);
  return value;
}

export function open(name = 'ring'): NativeObject {
  return must(binding.openObject(fixture(name), name, '', '', ''));
}

/** A program of a loaded object. */
export function programOf(object: NativeObject, name: string): NativeProgram {
  return must(object.openProgram(name));
}

function u32(value: number): Uint8Array {
  return new Uint8Array(new Uint32Array([value]).buffer);
}

/** A traced process of our own: {@link emit} makes records, {@link read} takes them. */
export class Tracer {
  readonly object: NativeObject;
  readonly link: NativeLink;
  readonly ring: NativeRing;

  constructor(discardEvery = 0) {
    assert.equal(endianness(), 'LE');
    this.object = open();
    const trigger = new Uint8Array(new BigInt64Array([BigInt(GETEGID)]).buffer);
    assert.equal(this.object.writeImage('.rodata', TARGET, u32(process.pid)), 0);
    assert.equal(this.object.writeImage('.rodata', DISCARD_EVERY, u32(discardEvery)), 0);
    assert.equal(this.object.writeImage('.rodata', TRIGGER, trigger), 0);
    assert.equal(this.object.load(), 0);
    const program = programOf(this.object, 'handle_sys_enter');
    this.link = must(program.attach());
    program.close();
    this.ring = must(binding.openRing(this.object.mapFd('events'), RING_SIZE, -1));
  }

  emit(count = 1): void {
    for (let i = 0; i < count; i++) process.getegid?.();
  }

  /** One `consume` of at most `room` bytes: the sequence numbers of what was not discarded. */
  read(room = RING_SIZE): number[] {
    const target = Buffer.alloc(room);
    const moved = this.ring.consume(target);
    assert.ok(moved >= 0, `consume: ${moved}`);
    assert.equal(moved % RECORD, 0);
    const sequences: number[] = [];
    for (let at = 0; at < moved; at += RECORD) {
      const header = target.readUInt32LE(at);
      assert.equal(header & 0x3fff_ffff, 16);
      if (header & 0x4000_0000) continue;
      assert.equal(target.readUInt32LE(at + 16), 42);
      sequences.push(Number(target.readBigUInt64LE(at + 8)));
    }
    return sequences;
  }

  wait(): Promise<void> {
    return new Promise((resolve) => assert.equal(this.ring.wait(resolve), 0));
  }

  lost(): bigint {
    return Buffer.from(must(this.object.readImage('.bss', 8, 8))).readBigUInt64LE();
  }

  close(): void {
    this.ring.close();
    this.link.close();
    this.object.close();
  }
}

/** Open fds, without the one that lists them. */
export function openFds(): number {
  return readdirSync('/proc/self/fd').length - 1;
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Runs a script of `fixtures` in a process of its own; it must end by itself with status 0. */
export function run(name: string, step: string, nodeFlags: string[] = []): string {
  const result = spawnSync(process.execPath, [...nodeFlags, script(name), step], {
    encoding: 'utf8',
    timeout: patient(20_000),
  });
  assert.deepEqual(
    { status: result.status, signal: result.signal, stderr: result.stderr },
    { status: 0, signal: null, stderr: '' },
  );
  return result.stdout;
}
