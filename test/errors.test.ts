import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import {
  BpfError,
  ClosedError,
  MapError,
  PrivilegeError,
  ProgramError,
  UnsupportedError,
  VerifierError,
} from '../src/bpf/errors.js';
import { BtfError } from '../src/btf/index.js';
import { NotFoundError, SnoopkitError, UsageError } from '../src/errors.js';
import * as library from '../src/index.js';
import { AddonError } from '../src/native/load.js';
import { UntrustedError } from '../src/otlp/transport/tls.js';
import { ProxyError } from '../src/otlp/transport/tunnel.js';
import { UntrustedPathError } from '../src/trusted-path.js';

const SOURCES = new URL('../src/', import.meta.url);

/** One of each class; its code is part of the API. */
const ERRORS: readonly [SnoopkitError, string][] = [
  [new SnoopkitError('ANYTHING', 'x'), 'ERR_SNOOPKIT_ANYTHING'],
  [new UsageError('x'), 'ERR_SNOOPKIT_USAGE'],
  [new NotFoundError('map', 'x', 'no map x'), 'ERR_SNOOPKIT_NOT_FOUND'],
  [new BtfError('x'), 'ERR_SNOOPKIT_BTF'],
  [new AddonError('x'), 'ERR_SNOOPKIT_ADDON'],
  [new BpfError('x', 1), 'ERR_SNOOPKIT_BPF'],
  [new ClosedError('x'), 'ERR_SNOOPKIT_CLOSED'],
  [new PrivilegeError('x', 1, []), 'ERR_SNOOPKIT_PRIVILEGE'],
  [new UnsupportedError('x'), 'ERR_SNOOPKIT_UNSUPPORTED'],
  [new VerifierError('x', 1, ''), 'ERR_SNOOPKIT_VERIFIER'],
  [new ProgramError('x', 'x', 1, ''), 'ERR_SNOOPKIT_PROGRAM'],
  [new MapError('x', 'x', 1, ''), 'ERR_SNOOPKIT_MAP'],
  [new UntrustedPathError('x', 'x'), 'ERR_SNOOPKIT_OUTPUT'],
  [new ProxyError(502), 'ERR_SNOOPKIT_PROXY'],
  [new UntrustedError('x'), 'ERR_SNOOPKIT_UNTRUSTED'],
];

/** Of the exporter and the command line. */
const INTERNAL: ReadonlySet<unknown> = new Set([ProxyError, UntrustedError, UntrustedPathError]);

type ErrorClass = new (...args: never) => Error;
const isErrorClass = (value: unknown): value is ErrorClass =>
  typeof value === 'function' && value.prototype instanceof Error;

/** The error classes that any module of ours exports. */
async function errorClasses(): Promise<Set<ErrorClass>> {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));
  const declaring = files.filter((file) =>
    /\bclass \w+ extends \w*Error\b/.test(readFileSync(new URL(file, SOURCES), 'utf8')),
  );
  const modules = await Promise.all(declaring.map((file) => import(new URL(file, SOURCES).href)));
  return new Set(modules.flatMap((exported) => Object.values(exported).filter(isErrorClass)));
}

describe('errors', () => {
  it('have one base, a name and a code: every class of ours', async () => {
    const classes = await errorClasses();
    assert.ok(classes.size > 10, `${classes.size}`);
    const names = (of: Iterable<ErrorClass>) => [...of].map(({ name }) => name).sort();
    // A new class belongs into the table.
    assert.deepEqual(names(classes), names(ERRORS.map(([error]) => error.constructor as ErrorClass)));
    for (const type of classes) assert.ok(type === SnoopkitError || type.prototype instanceof SnoopkitError, type.name);
  });

  for (const [error, code] of ERRORS)
    it(`of class ${error.constructor.name} have the code ${code}`, () => {
      assert.equal(error.code, code);
      assert.equal(error.name, error.constructor.name);
      assert.doesNotMatch(error.message, /\n/);
    });

  it('of the library are exported by it', () => {
    const exported = new Set(Object.values(library as Record<string, unknown>).filter(isErrorClass));
    for (const [error] of ERRORS) {
      const type = error.constructor as ErrorClass;
      if (!INTERNAL.has(type)) assert.ok(exported.has(type), type.name);
    }
  });

  it('for what is not there name what there is', () => {
    const error = NotFoundError.among('map', 'events', ['counts', 'ids']);
    assert.deepEqual([error.kind, error.wanted, error.message], ['map', 'events', 'no map events; maps: counts, ids']);
    assert.equal(NotFoundError.among('program', 'x', []).message, 'no program x; programs: none');
  });
});
