import assert from 'node:assert/strict';
import type { KernelResult } from './results.js';
import { kernelTable } from './table.js';

const tested = { suite: 'bullseye', passed: 3, failed: 0, skipped: 1, seconds: 5, problems: [], tests: [] };

describe('kernels: the table of hooks', () => {
  it('has a column for each kernel that ran, a row for each tool', () => {
    const results: KernelResult[] = [
      {
        ...tested,
        kernel: '5.10',
        release: '5.10.0-32-cloud-amd64',
        tested: '2026-11-29, abc',
        tools: [
          { tool: 'a', state: 'works', hooks: { opens: ['tracepoint'], ends: ['tp_btf', 'raw_tp'] }, remarks: ['x'] },
          { tool: 'b', state: 'fails', hooks: {}, remarks: [], reason: 'no way | at all' },
        ],
      },
      {
        ...tested,
        kernel: '7.2',
        release: '7.2.1',
        tools: [{ tool: 'a', state: 'reduced', hooks: { opens: ['tp_btf'] }, remarks: ['ends: not seen'] }],
      },
      { ...tested, kernel: '6.1' },
    ];
    assert.deepEqual(kernelTable(results).split('\n'), [
      '|  | 5.10 | 7.2 |',
      '| --- | --- | --- |',
      '| release | 5.10.0-32-cloud-amd64 | 7.2.1 |',
      '| tested | 2026-11-29, abc |  |',
      '| tests | 3 passed, 0 failed, 1 skipped | 3 passed, 0 failed, 1 skipped |',
      '| `a` | opens: tracepoint<br>ends: tp_btf, raw_tp | opens: tp_btf<br>(ends: not seen) |',
      '| `b` | fails: no way \\| at all | - |',
    ]);
  });

  it('keeps the columns of kernels that did not run again', () => {
    const table = (kernel: string, tool: string, ways: string[], earlier?: string) => {
      const check = { tool, state: 'works', hooks: { opens: ways }, remarks: ['a | b'] } as const;
      return kernelTable(
        [{ ...tested, kernel, release: 'r', tools: [check, { ...check, state: 'reduced' }] }],
        earlier,
      );
    };
    const earlier = table('6.12-arm64', 'a', ['raw_tp'], table('5.10', 'a', ['tracepoint']));
    assert.deepEqual(table('5.10', 'b', ['fentry'], earlier).split('\n'), [
      '|  | 5.10 | 6.12-arm64 |',
      '| --- | --- | --- |',
      '| release | r | r |',
      '| tested |  |  |',
      '| tests | 3 passed, 0 failed, 1 skipped | 3 passed, 0 failed, 1 skipped |',
      '| `a` | - | opens: raw_tp<br>(a \\| b) |',
      '| `b` | opens: fentry<br>(a \\| b) | - |',
    ]);
  });
});
