import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CgroupPaths } from '../../src/kernel/cgroups.js';
import { mountPoint } from '../../src/kernel/mounts.js';
import { needs } from '../capability.js';

describe('cgroups', () => {
  it('have paths by their ids, one that came later too, and none once they are gone', function () {
    needs(this, 'root');
    needs(this, 'cgroup2');
    const root = mountPoint('cgroup2') as string;
    const paths = new CgroupPaths();
    const inode = (path: string) => statSync(path, { bigint: true }).ino;
    assert.equal(paths.path(inode(root)), '/');
    const [name, folder] = [`snoopkit-${process.pid}`, join(root, `snoopkit-${process.pid}`)];
    mkdirSync(join(folder, 'in it'), { recursive: true });
    const id = inode(join(folder, 'in it'));
    try {
      assert.equal(paths.path(id), `/${name}/in it`);
    } finally {
      rmdirSync(join(folder, 'in it'));
      rmdirSync(folder);
    }
    assert.equal(new CgroupPaths().path(id), undefined);
    assert.equal(paths.path(0n), undefined);
  });
});
