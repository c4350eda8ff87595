import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { Trace } from '../helpers/trace.js';

interface ProcessEvent {
  exit_code: number;
  exe: string | null;
  exe_deleted: boolean;
  exe_truncated?: true;
  args: string[] | null;
}

describe('procsnoop: exe', () => {
  let trace: Trace<ProcessEvent>;
  before(function () {
    needs(this, 'root');
    trace = new Trace('procsnoop');
  });
  after(() => trace?.remove());

  it('is the file that was executed last', async () => {
    const folder = join(realpathSync(trace.folder), 'exe');
    mkdirSync(folder);
    const [copy, link, script] = ['copy', 'link', 'script'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    copyFileSync('/bin/true', copy);
    symlinkSync(copy, link);
    writeFileSync(script, '#!/bin/sh\n', { mode: 0o755 });
    const sh = realpathSync('/bin/sh');
    const gone = 'exec 3<"$1"; rm "$1"; exec /proc/self/fd/3';
    const lines = ['"$2" & wait', '"$3" & wait', '(exit 4)', `sh -c '${gone}' sh "$1"`, 'exit 5'];
    const { events } = await trace.run(['-f'], ['sh', '-c', lines.join('\n'), 'sh', copy, link, script]);
    assert.deepEqual(
      events.filter(({ args }) => args?.[0] !== 'rm').map((e) => [e.exe, e.exe_deleted, e.exit_code]),
      [
        [copy, false, 0],
        [sh, false, 0],
        [null, false, 4],
        [copy, true, 0],
        [sh, false, 5],
      ],
    );
  });

  it('is marked where it is not all of the path', async () => {
    const folder = join(realpathSync(trace.folder), ...Array.from({ length: 5 }, () => 'x'.repeat(200)));
    mkdirSync(folder, { recursive: true });
    copyFileSync('/bin/true', join(folder, 'true'));
    const event = await trace.one(['--max-args', '1'], [join(folder, 'true'), 'word']);
    assert.equal(event.exe_truncated, true);
    assert.ok(event.exe?.endsWith(`/${'x'.repeat(200)}/true`) && !event.exe.startsWith(folder), event.exe ?? '');
    const short = await trace.one(['--max-args', '128K'], ['/bin/true', 'word']);
    assert.deepEqual(
      [short.exe, short.args, short.exe_truncated],
      [realpathSync('/bin/true'), ['/bin/true', 'word'], undefined],
    );
  });
});
