import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { needs } from '../capability.js';
import { run, SNOOPKIT } from '../helpers/run.js';

const INHERITS = fileURLToPath(new URL('../fixtures/inherits', import.meta.url));
/** What may be odd before a command starts. */
const SETTINGS: Readonly<Record<string, string>> = {
  'nothing special': '',
  'limits and descriptors':
    'ulimit -n 300; ulimit -Sn 64; ulimit -Ss 4000; ulimit -Sc 0; ulimit -St 1000; ulimit -Sv 90000000; exec 3</etc/hosts 5>/dev/null 8<>/etc/hostname 57</usr/share;',
  'ignored signals, a umask and a folder': "trap '' HUP INT QUIT PIPE USR2 TSTP RTMIN+5; umask 027; cd /usr/share;",
};
/** Programs that change something and execute another one. */
const PREFIXES: Readonly<Record<string, string>> = {
  'nohup, and blocked signals': 'nohup env --block-signal=USR1,TERM,WINCH,RTMIN+3',
  'a priority, a processor, and a score for the killer': 'nice -n 7 taskset -c 0 choom -n 321 --',
  'the priority that is ours, and a scheduling policy': 'nice -n -5 chrt --batch 0',
  'odd variables': 'env a.b=c BASH_FUNC_f%%=() PWD=/wrong IFS=x OPTIND=5 SHLVL=9 LATIN=\xff',
  'no variables': 'env -i',
};

describe('a traced command has what it would have without snoopkit', () => {
  before(function () {
    needs(this, 'root');
  });

  const lines = async (script: string, ...words: string[]) => {
    const { stdout, status, said } = await run('bash', ['-c', `${script} "$@"; exit $?`, 'bash', ...words]);
    assert.equal(status, 0, said);
    return stdout.toString().split('\n');
  };
  const TRACED = ['opensnoop', '--out', '/dev/null', '--'];

  for (const [what, script] of Object.entries(SETTINGS)) {
    it(what, async () => {
      assert.deepEqual(await lines(script, SNOOPKIT, ...TRACED, INHERITS), await lines(script, INHERITS));
    });

    it(`${what}, where Node is started without the shell`, async () => {
      const words = [process.execPath, SNOOPKIT, ...TRACED, INHERITS];
      assert.deepEqual(await lines(script, ...words), await lines(script, INHERITS));
    });
  }

  for (const closed of ['<&-', '2>&-', '<&- 2>&-'])
    it(`a standard descriptor that is closed: ${closed}`, async () => {
      const script = `exec ${closed};`;
      assert.deepEqual(await lines(script, SNOOPKIT, ...TRACED, INHERITS), await lines(script, INHERITS));
    });

  it('no output where there is none', async () => {
    const file = '/proc/self/fd';
    const script = `"$@" ls ${file} 2>&1 >&- | wc -l; "$@" sh -c 'echo >&1' >&- 2>/dev/null; echo $?;`;
    const [said, status] = await lines(`set -- "$1" opensnoop --out /dev/null --; ${script} exit;`, SNOOPKIT);
    const [plainSaid, plainStatus] = await lines(`set -- env; ${script} exit;`);
    assert.deepEqual([said, status], [plainSaid, plainStatus]);
  });

  for (const [what, prefix] of Object.entries(PREFIXES))
    it(what, async () => {
      const script = `exec $(printf '${prefix}')`.replaceAll('%%', '%%%%');
      const plain = await lines(script, INHERITS);
      assert.ok(plain.length > 30);
      assert.deepEqual(await lines(script, SNOOPKIT, ...TRACED, INHERITS), leads(plain));
    });

  /** Who is executed in the place of a shell that leads its group leads that itself. */
  const leads = (all: readonly string[]) => all.map((line) => line.replace('leads its group: 1', 'leads its group: 0'));

  it('through a symbolic link, and in a shell that executes it in its own place', async () => {
    const script = 'link=$(mktemp -u); ln -s "$1" $link; shift; ulimit -Sn 77; trap "" PIPE; $link';
    const traced = await lines(script, SNOOPKIT, ...TRACED, INHERITS);
    assert.deepEqual(traced, await lines('ulimit -Sn 77; trap "" PIPE;', INHERITS));
    const exec = await lines('ulimit -Sn 77; exec', SNOOPKIT, ...TRACED, INHERITS);
    assert.ok(exec.some((line) => /Max open files +77 /.test(line)));
  });
});
