import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { KERNEL_BTF } from '../../src/bpf/vmlinux.js';
import { needs } from '../capability.js';
import { Workbench } from '../helpers/opens.js';
import { run, snoopkit } from '../helpers/run.js';

const OBJECT = fileURLToPath(new URL('../events/fixtures/kinds.bpf.o', import.meta.url));

/** Every clang that is installed, the newest first. */
const CLANGS = ['clang', ...Array.from({ length: 12 }, (_, i) => `clang-${25 - i}`)].filter((name) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name))),
);

const PROGRAM = `#include "vmlinux.h"
#include "vmlinux.h" /* guarded */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

SEC("iter/task")
int walk(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	return task ? task->tgid + BPF_CORE_READ(task, mm, flags) : 0;
}

SEC("iter/tcp")
int walk_tcp(struct bpf_iter__tcp *ctx)
{
	struct sock_common *common = ctx->sk_common;

	return common ? common->skc_dport : 0;
}

SEC("kprobe/tcp_close")
int BPF_KPROBE(handle_close, struct sock *sk)
{
	struct file *file = BPF_CORE_READ(sk, sk_socket, file);
	struct bpf_iter_meta *meta = 0;

	return (int)(long)PT_REGS_IP(ctx) + (file != 0) + bpf_core_field_exists(meta->seq);
}

char LICENSE[] SEC("license") = "GPL";
`.replace('BPF_CORE_READ(task, mm, flags)', 'BPF_CORE_READ(task, real_parent, pid)');

describe('snoopkit vmlinux', () => {
  let bench: Workbench;
  let header: string;
  before(async function () {
    needs(this, 'kernel-btf');
    bench = new Workbench();
    header = join(bench.folder, 'vmlinux.h');
    const { status, said, stdout } = await snoopkit(['vmlinux', '-o', header]);
    assert.deepEqual([status, said, stdout.length], [0, '', 0]);
    writeFileSync(join(bench.folder, 'program.bpf.c'), PROGRAM);
  });
  after(() => bench?.remove());

  const text = () => readFileSync(header, 'utf8');

  it('writes the same each time, to a file or not', async () => {
    const { stdout, status } = await snoopkit(['vmlinux'], { timeout: 30_000 });
    assert.equal(status, 0);
    assert.ok(stdout.equals(readFileSync(header)));
  });

  it('needs the name of a file where one is given', async () => {
    const { status, said } = await snoopkit(['vmlinux', '-o', '']);
    assert.deepEqual([status, said], [2, 'snoopkit: --output: empty value\n']);
  });

  it('has the types of this kernel', () => {
    for (const type of [
      'struct task_struct {',
      'struct pt_regs {',
      'struct sock {',
      'struct bpf_iter__task {',
      'enum bpf_func_id {',
    ])
      assert.ok(text().includes(`\n${type}\n`), type);
  });

  for (const clang of CLANGS)
    it(`compiles with ${clang}, twice included, and all warnings on`, async () => {
      const arch = process.arch === 'x64' ? 'x86' : process.arch;
      const flags = [
        '-target',
        'bpf',
        `-D__TARGET_ARCH_${arch}`,
        '-g',
        '-O2',
        '-Wall',
        '-Wextra',
        '-Werror',
        '-fms-extensions',
      ];
      const out = join(bench.folder, `${clang}.o`);
      const { status, said } = await run(clang, [
        ...flags,
        '-I',
        bench.folder,
        '-c',
        join(bench.folder, 'program.bpf.c'),
        '-o',
        out,
      ]);
      assert.deepEqual([status, said], [0, '']);
    });

  it('reads a raw file', async () => {
    const btf = join(bench.folder, 'btf');
    copyFileSync(KERNEL_BTF, btf);
    const { stdout, status } = await snoopkit(['vmlinux', '--btf', btf]);
    assert.equal(status, 0);
    assert.equal(stdout.toString(), text());
  });

  it('reads an ELF file that has types', async () => {
    const { stdout, status, said } = await snoopkit(['vmlinux', '--btf', OBJECT]);
    assert.deepEqual([status, said], [0, '']);
    assert.match(stdout.toString(), /\nenum plan \{\n/);
    assert.match(stdout.toString(), /^#ifndef __VMLINUX_H__\n#define __VMLINUX_H__\n/);
  });

  it('ends quietly with its reader', async () => {
    const bin = fileURLToPath(new URL('../../../bin/snoopkit.cjs', import.meta.url));
    const { status, said, stdout } = await run('bash', [
      '-c',
      'set -o pipefail; "$0" "$1" vmlinux | head -1',
      process.execPath,
      bin,
    ]);
    assert.deepEqual([status, said, stdout.toString()], [0, '', '#ifndef __VMLINUX_H__\n']);
  });

  for (const [what, args, status, line] of [
    ['types that are none', ['--btf', '/etc/hostname'], 1, /^snoopkit: \/etc\/hostname: neither BTF nor an ELF file$/m],
    [
      'an ELF file without types',
      ['--btf', '/bin/true'],
      1,
      /^snoopkit: \/bin\/true: no '\.BTF' section in this ELF file/,
    ],
    [
      'types that are not there',
      ['--btf', '/no/such'],
      1,
      /^snoopkit: cannot open \/no\/such: no such file or directory \(ENOENT\)$/m,
    ],
    [
      'a folder that is not there',
      ['-o', '/no/such/vmlinux.h'],
      1,
      /^snoopkit: cannot write to \/no\/such\/vmlinux\.h: no such file/,
    ],
    ['a full disk', ['-o', '/dev/full'], 1, /^snoopkit: cannot write to \/dev\/full: no space left/],
    ['an unknown flag', ['--nope'], 2, /--nope/],
    ['an argument', ['here.h'], 2, /here\.h/],
  ] as const)
    it(`refuses ${what} in one line`, async () => {
      const { status: ended, lines, stdout } = await snoopkit(['vmlinux', ...args]);
      assert.deepEqual([ended, lines.length, stdout.length], [status, 1, 0], lines.join('\n'));
      assert.match(lines[0] ?? '', line);
    });
});
