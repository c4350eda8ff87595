import assert from 'node:assert/strict';
import { CLI_FLAGS, toolFlags as commandLineFlags } from '../../src/cli/flags/flags.js';
import { UsageError } from '../../src/errors.js';
import { defaultsOf } from '../../src/trace/flags/flag.js';
import { trace } from '../../src/trace/index.js';
import { toolFlags } from '../../src/trace/named-options.js';
import type { ToolDefinition } from '../../src/trace/tool.js';
import { loadTool, loadTools } from '../helpers/tools.js';

const SEVERAL = 'expected a text or a number, or a list of these';
const ONE = 'expected a text or a number';
const EMPTY = 'the list is empty, expected at least one value';
const NUL = 'the value contains a NUL byte';

/** Whatever a program may pass, as it is not compiled with types. */
type Untyped = (name?: unknown, options?: unknown) => Promise<{ close(): Promise<void> }>;

describe('options of trace()', () => {
  let opensnoop: ToolDefinition;
  before(async () => {
    opensnoop = await loadTool('opensnoop');
  });

  it('become texts of the command line', () => {
    const given = { pid: [1, '2'], comm: 'cat', failed: true, follow: false, maxEvents: 5, duration: '2m' };
    assert.deepEqual(toolFlags(opensnoop, { ...given, fields: ['pid', '+error'], btf: undefined }), {
      pid: ['1', '2'],
      comm: ['cat'],
      failed: true,
      follow: undefined,
      'max-events': '5',
      duration: '2m',
      fields: 'pid,+error',
    });
  });

  it('left out have the defaults of the command line', async () => {
    const found: string[] = [];
    for (const { tool } of await loadTools()) {
      const own = Object.entries(commandLineFlags(tool)).filter(([name]) => !(name in CLI_FLAGS));
      const defaults = defaultsOf(Object.fromEntries(own));
      assert.deepEqual(toolFlags(tool, {}), defaults, tool.name);
      found.push(...Object.keys(defaults).map((name) => `${tool.name} ${name}`));
    }
    for (const known of ['execsnoop max-args', 'procsnoop max-args', 'tcptop interval'])
      assert.ok(found.includes(known));
  });

  it('that are given replace the defaults', async () => {
    assert.equal(toolFlags(await loadTool('tcptop'), { interval: 5 }).interval, '5');
    assert.equal(toolFlags(await loadTool('tcptop'), { interval: undefined }).interval, '1');
  });

  for (const [what, options, message] of [
    ['no object', null, 'options: expected an object with the options of the tool'],
    ['a number', 5, 'options: expected an object with the options of the tool'],
    ['a list', [], 'options: expected an object with the options of the tool'],
    ['a Map', new Map([['pid', 1]]), 'options: expected an object with the options of the tool'],

    ['null in place of a list', { comm: null }, `comm: ${SEVERAL}`],
    ['an object in place of a list', { comm: {} }, `comm: ${SEVERAL}`],
    ['a switch in place of a list', { comm: true }, `comm: ${SEVERAL}`],
    ['a symbol', { comm: Symbol('x') }, `comm: ${SEVERAL}`],
    ['a bigint', { pid: 1n }, `pid: ${SEVERAL}`],
    ['undefined in a list', { comm: [undefined] }, `comm: ${SEVERAL}`],
    ['a hole in a list', { comm: new Array(1) }, `comm: ${SEVERAL}`],
    ['a list in a list', { pid: [['1', '2']] }, `pid: ${SEVERAL}`],
    ['null in place of paths', { path: null }, `path: ${SEVERAL}`],

    ['no processes', { pid: [] }, `pid: ${EMPTY}`],
    ['no names', { comm: [] }, `comm: ${EMPTY}`],
    ['no paths', { path: [] }, `path: ${EMPTY}`],
    ['no containers', { container: [] }, `container: ${EMPTY}`],
    ['no kinds of hooks', { hooks: [] }, `hooks: ${EMPTY}`],
    ['no columns', { fields: [] }, `fields: ${EMPTY}`],

    ['null in place of a text', { maxEvents: null }, `maxEvents: ${ONE}`],
    ['a list in place of a text', { maxEvents: [5] }, `maxEvents: ${ONE}`],
    ['a switch in place of a text', { btf: true }, `btf: ${ONE}`],
    ['a text in place of a switch', { failed: 'true' }, 'failed: expected true or false'],
    ['null in place of a switch', { failed: null }, 'failed: expected true or false'],

    ['NUL in a name', { comm: 'a\0b' }, `comm: ${NUL}`],
    ['NUL in a path', { path: ['/x', 'a\0b'] }, `path: ${NUL}`],
    ['NUL in a file', { btf: 'a\0b' }, `btf: ${NUL}`],

    ['the name of a flag', { 'max-events': 5 }, 'opensnoop has no option max-events; did you mean maxEvents?'],
    ['a misspelled name', { maxEvent: 5 }, 'opensnoop has no option maxEvent; did you mean maxEvents?'],
    ['lower case', { maxevents: 5 }, 'opensnoop has no option maxevents; did you mean maxEvents?'],
    ['an unknown name', { nope: 1 }, 'opensnoop has no option nope'],
    ['a member of all objects', { constructor: 1 }, 'opensnoop has no option constructor'],
    ['a flag of terminals', { json: true }, 'opensnoop has no option json'],
    ['an unknown name without a value', { nope: undefined }, 'opensnoop has no option nope'],
  ] as const)
    it(`refuse ${what}`, async () => {
      const isRefused = (error: unknown) => {
        assert.ok(error instanceof UsageError, String(error));
        assert.equal(error.message, message);
        return true;
      };
      assert.throws(() => toolFlags(opensnoop, options as never), isRefused);
      await assert.rejects((trace as Untyped)('opensnoop', options), isRefused);
    });

  it('need a tool', async () => {
    for (const tool of [undefined, null, 5, {}, [], { name: 'opensnoop' }])
      await assert.rejects((trace as Untyped)(tool), {
        code: 'ERR_SNOOPKIT_USAGE',
        message: 'tool: expected the name of one, such as opensnoop, or a definition',
      });
    for (const name of ['', 'Opensnoop', '../opensnoop', 'constructor'])
      await assert.rejects((trace as Untyped)(name), { message: `unknown tool ${name}` });
  });
});
