import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import sinon from 'sinon';
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

  it('are what somebody kept where they are gone, asked once for each', () => {
    const asked: bigint[] = [];
    const paths = new CgroupPaths('/no/such/folder');
    paths.kept = (id) => {
      asked.push(id);
      return id < 100n ? `/gone/${id}` : undefined;
    };
    for (let round = 0; round < 3; round++) for (const id of [7n, 8n, 7n]) assert.equal(paths.path(id), `/gone/${id}`);
    assert.deepEqual(asked, [7n, 8n]);
  });

  it('are not there for a while only', () => {
    const clock = sinon.useFakeTimers({ toFake: ['performance'] });
    try {
      const paths = new CgroupPaths('/no/such/folder');
      let isKept = false;
      let asked = 0;
      paths.kept = () => {
        asked++;
        return isKept ? '/late' : undefined;
      };
      for (let i = 0; i < 100; i++) assert.equal(paths.path(9n), undefined);
      assert.ok(asked <= 2, `${asked} times`);
      isKept = true;
      clock.tick(1001);
      assert.equal(paths.path(9n), '/late');
    } finally {
      clock.restore();
    }
  });

  it('are looked for in the tree now and then only, where new ones are told of', function () {
    needs(this, 'cgroup2');
    const root = mountPoint('cgroup2') as string;
    const paths = new CgroupPaths();
    paths.kept = () => undefined;
    const folder = join(root, `snoopkit-late-${process.pid}`);
    const inode = (path: string) => statSync(path, { bigint: true }).ino;
    const clock = sinon.useFakeTimers({ toFake: ['performance'] });
    try {
      assert.equal(paths.path(inode(root)), '/');
      mkdirSync(folder);
      const id = inode(folder);
      assert.equal(paths.path(id), undefined);
      clock.tick(2500);
      assert.equal(paths.path(id), `/snoopkit-late-${process.pid}`);
    } finally {
      clock.restore();
      rmdirSync(folder);
    }
  });
});
