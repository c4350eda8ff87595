import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./fixtures/talk.js', import.meta.url));

/** What is said of an error of fixtures/talk.ts, and its exit status. */
function report(...words: string[]): { status: string; said: string[] } {
  const { stdout, stderr } = spawnSync(process.execPath, [script, ...words], { encoding: 'utf8' });
  return { status: stdout, said: stderr.trimEnd().split('\n') };
}

describe('cli: errors', () => {
  for (const [which, status, line] of [
    ['usage', '2', 'snoopkit: --pid x: give a number'],
    ['unsupported', '1', 'snoopkit: this kernel has no such thing'],
    ['system', '1', 'snoopkit: ENOENT: no such file'],
    ['network', '1', 'snoopkit: connect ECONNREFUSED 127.0.0.1:1'],
    ['start', '1', 'snoopkit: cannot spawn nosuch: no such file or directory (ENOENT)'],
    ['lines', '1', 'snoopkit: two lines'],
    ['hostile', '2', 'snoopkit: --uid \\x1b[31mroot\\n\\u202e: no such user'],
  ] as const)
    it(`of kind ${which} are reported in one line, status ${status}`, () => {
      assert.deepEqual(report(which), { status, said: [line] });
      assert.deepEqual(report(which, 'verbose'), { status, said: [line] });
    });

  it('of the verifier have its log when one wants to know', () => {
    const brief = report('verifier');
    assert.equal(brief.status, '1');
    assert.equal(brief.said.length, 1);
    assert.match(brief.said[0] ?? '', /handle_it.*R1 invalid mem access$/);
    const full = report('verifier', 'verbose');
    assert.equal(full.said[0], brief.said[0]);
    assert.ok(full.said.includes('0: (79) r1 = 1'), full.said.join('\n'));
  });

  it('that nobody expected show where they come from', () => {
    const { status, said } = report('bug');
    assert.equal(status, '1');
    assert.match(said[0] ?? '', /bug in snoopkit: TypeError: undefined is not a function/);
    assert.ok(said.some((line) => line.includes('talk.js')));
    assert.match(report('nothing').said[0] ?? '', /bug in snoopkit: undefined/);
  });

  it('are no reason to fail when nobody listens', () => {
    const shell = `"${process.execPath}" "${script}" usage 2>&-`;
    assert.equal(spawnSync('sh', ['-c', shell], { encoding: 'utf8' }).stdout, '2');
    const full = `"${process.execPath}" "${script}" usage 2>/dev/full`;
    assert.equal(spawnSync('sh', ['-c', full], { encoding: 'utf8' }).stdout, '2');
  });
});
