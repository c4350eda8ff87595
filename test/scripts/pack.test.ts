/** The packed package: what its users compile and call. The guide's programs and the examples run with it, too. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '../capability.js';
import { documented, installed } from '../helpers/installed.js';
import { patient } from '../helpers/patience.js';

const OBJECT = `node_modules/snoopkit/dist/bpf/${process.arch}/opensnoop.bpf.o`;
/** The strictest settings, also for the module that `gen types` writes, and no library that is not checked. */
const COMPILER = {
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: ['node'],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  isolatedDeclarations: true,
  declaration: true,
  skipLibCheck: false,
};
const MAIN = `
import { BpfObject, SnoopkitError } from 'snoopkit';
import { otlp, type OtlpFlagValues } from 'snoopkit/otlp';
import { jsonLines, type SinkMaker } from 'snoopkit/output';
import packed from 'snoopkit/package.json' with { type: 'json' };
import { type EventOf, trace } from 'snoopkit/trace';
import { openOpensnoop } from './opensnoop.js';

const show = ({ pid, path }: EventOf<'opensnoop'>): string => \`\${pid} \${path ?? ''}\`;
const settings: OtlpFlagValues = {};
const sinks: SinkMaker[] = [jsonLines()];
using opened = openOpensnoop();
const refused: unknown = await trace('opensnoop', { duration: -1 }).catch((error: unknown) => error);
console.log(
  packed.name,
  opened.programs.need('handle_openat').type,
  refused instanceof SnoopkitError,
  [show, BpfObject.open, otlp(settings), ...sinks].map((value) => typeof value).join(),
);
`;

describe('scripts: the package', function () {
  this.timeout(patient(300_000));
  let place: string;
  before(async function () {
    needs(this, 'npm');
    place = await installed();
  });

  it('has no tests, no source maps, and of the examples what is in the source', () => {
    const files = readdirSync(join(place, 'node_modules/snoopkit'), { recursive: true, encoding: 'utf8' });
    const example = /^examples\/(README\.md|tsconfig\.json|[\w-]+(\/((main|read)\.ts|[\w-]+\.bpf\.c))?)$/;
    const isOdd = (file: string) =>
      /^(dist\/)?(test|scripts|bench)\/|\.map$/.test(file) || (file.startsWith('examples/') && !example.test(file));
    assert.deepEqual(files.filter(isOdd), []);
    assert.ok(files.includes('examples/hello/main.ts'));
  });

  it('compiles under strict settings, with all that its types refer to', async () => {
    const cwd = mkdtempSync(join(place, 'types-'));
    writeFileSync(join(cwd, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER }));
    writeFileSync(join(cwd, 'main.ts'), MAIN);
    const lines = [`npx snoopkit gen types --embed ../${OBJECT} -o opensnoop.ts`, 'npx tsc', 'node main.js'];
    const { status, stdout, said } = await documented(lines, { cwd });
    assert.deepEqual(
      [status, stdout.toString(), said],
      [0, 'snoopkit tracepoint true function,function,function,function\n', ''],
    );
  });

  it('has a command, which needs nothing that is not in it', async () => {
    const { version } = JSON.parse(readFileSync(join(place, 'node_modules/snoopkit/package.json'), 'utf8'));
    const { status, stdout, said } = await documented('npx snoopkit --version', { cwd: place });
    assert.deepEqual([status, said], [0, '']);
    assert.ok(stdout.toString().includes(version), stdout.toString());
  });
});
