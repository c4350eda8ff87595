/** The tests of a guest, and the command that runs them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from './kernels.js';

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Path of the project in a guest with a root of its own. */
export const GUEST_PROJECT = '/snoopkit';

/** Files compiled for such a guest, besides the package: scripts/arm64.mk. */
const FOREIGN_TESTS = 'build/arm64/test';

/** Folders whose tests talk to the kernel. */
const FOLDERS = ['bpf', 'bpf/verifier', 'kernel', 'native', 'tools'];

/** Files in them whose subject is the same on every kernel: they are tested on the host alone. */
const HOST_ALONE = [
  /^bpf\/(damaged|errors|requirements|verifier\/log)$/,
  /^kernel\/(errno|users)$/,
  /^native\/(load|teardown)$/,
  /^tools\/(contract|golden|readme|shared-numbers|vmlinux)$/,
  /^tools\/\w+-(command|mistakes|output)$/,
  // What becomes of events once they are read; tools/otlp compares all of them.
  /^tools\/otlp-/,
];

/** How many guests share the tests of a kernel: enough that none is left alone for long at the end. */
const GROUPS = 8;

/** The files to run, or those whose names have a part that matches, in groups that take about as long. */
export function testGroups(only = /^/, folder = join(root, 'dist', 'test')): string[][] {
  const files = FOLDERS.flatMap((name) =>
    readdirSync(join(folder, name))
      .filter((file) => file.endsWith('.test.js'))
      .map((file) => `${name}/${file.replace(/\.test\.js$/, '')}`)
      .sort(),
  ).filter((file) => only.test(file) && !HOST_ALONE.some((pattern) => pattern.test(file)));
  const groups = Array.from({ length: GROUPS }, (_, group) => files.filter((_file, i) => i % GROUPS === group));
  return groups.filter((group) => group.length > 0);
}

/** A test's time limit on the host, in milliseconds: that of .mocharc.json. */
const TIMEOUT = 20_000;

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/**
 * For the shell of a guest, whose environment gets these settings, NAME=VALUE (scripts/sanitize.sh has some): runs the tests of a
 * group, in one process because a start of Node takes seconds there. With `hasDoctor`, what `snoopkit doctor` says of this
 * kernel goes into the results, too: that takes a minute.
 */
export function testScript(
  group: readonly string[],
  { slow, isForeign }: Pick<Machine, 'slow' | 'isForeign'>,
  hasDoctor: boolean,
  forbidSkip = process.env.SNOOPKIT_FORBID_SKIP,
  guestSettings = (process.env.SNOOPKIT_GUEST_ENV ?? '').split('\n').filter((setting) => setting !== ''),
): string {
  const environment = {
    HOME: '/root',
    LANG: 'C.UTF-8',
    SNOOPKIT_SLOW: `${slow}`,
    ...(process.env.PACKAGED_OBJECTS && !isForeign && { PACKAGED_OBJECTS: process.env.PACKAGED_OBJECTS }),
    ...(forbidSkip && { SNOOPKIT_FORBID_SKIP: forbidSkip }),
    ...Object.fromEntries(guestSettings.map((setting) => setting.split(/=(.*)/s, 2) as [string, string])),
  };
  const node = isForeign ? '/usr/bin/node' : process.execPath;
  const mocha = [node, 'node_modules/mocha/bin/mocha.js', '--no-config', '--forbid-only'];
  const options = ['--timeout', `${TIMEOUT * slow}`, '--slow', '0', '--require', 'dist/test/hooks.js'];
  const files = group.map((name) => `dist/test/${name}.test.js`);
  const words = [...mocha, ...options, '--reporter', 'dist/test/kernels/guest-reporter.js', ...files];
  return [
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}`),
    `cd ${quote(isForeign ? GUEST_PROJECT : root)}`,
    // Where the tests look for them; only the guest's memory is written to.
    ...(isForeign ? [`cp -R ${FOREIGN_TESTS}/. dist/test`] : []),
    ...(hasDoctor
      ? [
          `echo "{\\"state\\":\\"doctor\\",\\"report\\":$(${quote(node)} bin/snoopkit.cjs doctor -o json)}" >"\${RESULTS:-/dev/null}"`,
        ]
      : []),
    `exec ${words.map(quote).join(' ')}`,
    '',
  ].join('\n');
}
