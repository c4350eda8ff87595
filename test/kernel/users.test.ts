import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NameDatabase } from '../../src/kernel/users.js';

const PASSWD = `alpha:x:70001:70001::/:/bin/sh
toor:x:70001:70001:second name:/:/bin/sh
alpha:x:70009:1::/:/bin/sh
late:x:70002:1::/:/bin/sh
größe:x:70003:1::/:/bin/sh
broken line
:x:70004:1::/:/bin/sh
hex:x:0x10:1::/:/bin/sh
+nis:::::
huge:x:4294967294:1::/:/bin/sh
`;

describe('kernel: users', () => {
  let folder: string;
  let users: NameDatabase;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'snoopkit-'));
    writeFileSync(join(folder, 'passwd'), PASSWD);
    users = new NameDatabase('passwd', join(folder, 'passwd'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('have names: the first of several', () => {
    assert.deepEqual(
      [70001, 70002, 70003, 4294967294].map((id) => users.name(id)),
      ['alpha', 'late', 'größe', 'huge'],
    );
  });

  it('have ids: the first of several', () => {
    assert.deepEqual(
      ['alpha', 'toor', 'größe'].map((name) => users.id(name)),
      [70001, 70001, 70003],
    );
  });

  it('are not made of lines that make no sense', () => {
    assert.equal(users.name(70004), undefined);
    assert.equal(users.id('broken line'), undefined);
    assert.equal(users.id('no such user'), undefined);
    // Asked a second time, it is known that there is none.
    assert.equal(users.name(70004), undefined);
  });

  it('are asked of NSS where the file has none', () => {
    const empty = new NameDatabase('passwd', join(folder, 'missing'));
    assert.equal(empty.name(0), 'root');
    assert.equal(empty.id('root'), 0);
    assert.equal(new NameDatabase('group', join(folder, 'missing')).name(0), 'root');
  });

  it('never reach getent as an option', () => {
    assert.equal(users.id('--help'), undefined);
    assert.equal(users.id('-1'), undefined);
  });

  it("agree with the system's", () => {
    const system = new NameDatabase('passwd');
    for (const line of execFileSync('getent', ['passwd'], { encoding: 'utf8' }).trim().split('\n')) {
      const [name = '', , id] = line.split(':');
      assert.equal(system.id(name), Number(id));
    }
  });
});
