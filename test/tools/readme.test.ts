/** The README's example of a tool in a program, as it stands there but for whom it traces. */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { run } from '../helpers/run.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

it("the README's program shows what a service fails to open", async function () {
  needs(this, 'root');
  const [, code = assert.fail('no example')] =
    /```js\n\/\/ failures\.mjs\n(.*?)```/s.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
  const name = `cat${process.pid}`;
  const missing = join(root, 'build', `${name}.missing`);
  // Below the package, so that its name leads to itself.
  const file = join(root, 'build', `${name}.mjs`);
  const workload = `import { spawn } from 'node:child_process';
const timer = setInterval(() => spawn('cat', [${JSON.stringify(missing)}], { argv0: 'cat', stdio: 'ignore' }), 100);
setTimeout(() => clearInterval(timer), 1500);`;
  const traced = code
    .replace("'nginx'", "'cat'")
    .replace('duration: 10', `duration: 2, path: ${JSON.stringify(missing)}`);
  assert.notEqual(traced, code);
  writeFileSync(file, traced.replace(/^for await/m, `${workload}\nfor await`));
  try {
    const { status, stdout, said } = await run(process.execPath, [file], {});
    assert.deepEqual([status, said], [0, '']);
    const lines = stdout.toString().trimEnd().split('\n');
    assert.equal(lines.pop(), 'lost: {}');
    assert.ok(lines.length > 0, 'it was seen');
    for (const line of lines) assert.match(line, new RegExp(`^\\d+ ENOENT ${missing}$`));
  } finally {
    rmSync(file);
  }
});
