import assert from 'node:assert/strict';
import { BpfError, UnsupportedError } from '../../src/bpf/errors.js';
import { explain } from '../../src/cli/explain.js';
import { NotFoundError, SnoopkitError, UsageError } from '../../src/errors.js';

describe('cli: remedies', () => {
  for (const [error, text, isUsage] of [
    [new UsageError('--pid x: expected a number'), '--pid x: expected a number', true],
    [NotFoundError.among('column', 'x', ['pid']), '--fields: no column x; columns: pid', true],
    [new NotFoundError('metric attribute', 'x', 'x: not one'), '--by x: not one', true],
    [NotFoundError.among('map', 'x', ['ids']), 'no map x; maps: ids', false],
    [new SnoopkitError('OTHER_FORM', 'choose another file, or truncate it'), /truncate it \(--truncate\)$/, true],
    [new SnoopkitError('RING', 'use a smaller one'), 'use a smaller one (--buffer)', false],
    [new SnoopkitError('KERNEL_BTF', '/x: no such file'), '--btf /x: no such file', false],
    [new SnoopkitError('HOOK_EXCLUDED', 'kprobe is excluded'), 'kprobe is excluded (--hooks)', false],
    [new UnsupportedError('no BTF: give a file', { kind: 'btf' }), 'no BTF: give a file (--btf FILE)', false],
    [new UnsupportedError('no such hook'), 'no such hook', false],
    [new BpfError('cannot do it', 12), 'cannot do it: not enough memory (ENOMEM)', false],
    [new Error('anything'), 'anything', false],
  ] as const)
    it(`of ${error.name}: ${error.message}`, () => {
      const explained = explain(error);
      if (typeof text === 'string') assert.equal(explained.text, text);
      else assert.match(explained.text, text);
      assert.equal(explained.isUsage, isUsage);
    });
});
