/** Requirements on every tool. A new one is covered automatically. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { Parser } from '@oclif/core';
import { mapShapes } from '../../src/bpf/map-shapes.js';
import { type ArrayShape, layoutOf, memberOf } from '../../src/btf/index.js';
import { splitWords } from '../../src/cli/flags/arguments.js';
import { sharedFlags } from '../../src/cli/flags/flags.js';
import { columnTexts, viewsOf } from '../../src/cli/help/manual.js';
import { toolCommand } from '../../src/cli/tool-command.js';
import type { Column } from '../../src/events/column.js';
import { isSortable } from '../../src/events/rows.js';
import { allFeatures } from '../../src/trace/features/of-tool.js';
import { featurePrograms } from '../../src/trace/features/run-steps.js';
import type { FlagTable } from '../../src/trace/flags/flag.js';
import { OPEN_FLAGS_MAX, STATUS_WORDS } from '../../src/trace/flags/kinds.js';
import { COUNTED } from '../../src/trace/losses.js';
import { objectPath } from '../../src/trace/object-path.js';
import { availableColumns, usualColumns } from '../../src/trace/tool.js';
import { LIST_MAX } from '../../src/trace/tool-flag.js';
import { snoopkit } from '../helpers/run.js';
import { ToolObject } from '../helpers/tool-object.js';
import { loadTools } from '../helpers/tools.js';

const tools = await loadTools();

/** license_is_gpl_compatible() of include/linux/license.h */
const GPL = ['GPL', 'GPL v2', 'GPL and additional rights', 'Dual BSD/GPL', 'Dual MIT/GPL', 'Dual MPL/GPL'];
/** Variables set by src/trace/features/filter/steps.ts and src/cli/session.ts. */
const FILTERS = [
  'filter_self',
  'filter_kinds',
  'filter_cgroups_count',
  'filter_comms_count',
  'filter_comms',
  'filter_failed',
  'filter_adopts',
];
/** Variables of socket.h set by src/trace/features/sockets/steps.ts. */
const NET_FILTERS = ['filter_port_sides', 'filter_network_sides', 'filter_ip'];

/** What flags that take lists set is an array of so many. */
const ARRAYS = { pids: LIST_MAX, comms: LIST_MAX, statuses: STATUS_WORDS, 'open-flags': OPEN_FLAGS_MAX };

/** The words of an example that are snoopkit's: quotes undone, up to a pipe or redirection. */
function wordsOf(example: string): string[] {
  const words: string[] = [];
  for (const [, double, single, bare] of example.matchAll(/"([^"]*)"|'([^']*)'|([^\s"']+)/g)) {
    if (bare !== undefined && /^[|>&;]/.test(bare)) break;
    words.push(double ?? single ?? bare ?? '');
  }
  return words;
}

it('there are tools to test', () => assert.ok(tools.length >= 1));

for (const { file, tool } of tools) {
  const command = toolCommand(tool);
  const shared = sharedFlags(tool);
  describe(`tool ${tool.name}`, () => {
    let object: ToolObject;
    /** Of each view. */
    let views: { all: readonly Column[]; names: string[] }[];
    let columns: string[];
    before(() => {
      object = new ToolObject(tool);
      views = viewsOf(tool).map(({ event }) => {
        const all = object.columns(event.struct);
        return { all, names: all.map(({ name }) => name) };
      });
      columns = [...new Set(views.flatMap(({ names }) => names))];
    });

    it('is called like its file, and has its object', () => {
      assert.equal(file, tool.name);
      assert.ok(existsSync(objectPath(tool.name)), objectPath(tool.name));
    });

    it('says what it is, in one line', () => {
      assert.match(tool.summary, /^[^\n]{10,90}[^.\n]$/);
      assert.match(tool.description, /\.$/);
      for (const { event } of viewsOf(tool)) assert.match(event.name, /^[a-z][a-z0-9_]*$/);
      assert.ok(tool.overhead.length > 0 && tool.caveats.every((caveat) => caveat.length > 0));
    });

    it('has columns with names of their own', () => {
      for (const { names } of views) {
        assert.equal(new Set(names).size, names.length, 'two columns have one name');
        for (const name of names) assert.match(name, /^[a-z][a-z0-9_]*$/);
        for (const taken of ['event', 'total', 'reason']) assert.equal(names.includes(taken), false, taken);
      }
    });

    for (const [index, { event, columns: usual, shared, ...view }] of viewsOf(tool).entries()) {
      it(`shows of ${event.name} first what all of its kind have`, () => {
        const expected = Object.keys(shared);
        assert.deepEqual(views[index]?.names.slice(0, expected.length), expected);
      });

      it(`describes each column of ${event.name}, and no other`, () => {
        assert.deepEqual(
          Object.keys(columnTexts({ event, columns: usual, shared, ...view })).sort(),
          views[index]?.names.toSorted(),
        );
      });

      it(`has a table of ${event.name} of less than 80 columns, up to the last header`, () => {
        const { all = [] } = views[index] ?? {};
        for (const name of usual) assert.ok(views[index]?.names.includes(name), name);
        // A flag may show more than there is room for, where it says so, but not by columns that are usual ones with it.
        const alone = Object.entries(tool.flags ?? {}).flatMap(([flag, { shows }]) => (shows ? [] : [[flag]]));
        for (const flags of [[], ...alone]) {
          const shown = usualColumns(
            tool,
            { event, columns: usual, ...view },
            new Set(flags),
            availableColumns(tool, all, new Set(flags)),
          );
          const widths = shown.map((name, i) => {
            const column = all.find((candidate) => candidate.name === name) ?? assert.fail(name);
            // Some are drawn below the row.
            if (column.kind === 'histogram' || (column.kind === 'list' && column.isBelow)) return -1;
            return i === shown.length - 1 ? name.length : Math.max(name.length, column.width);
          });
          assert.ok(widths.reduce((sum, width) => sum + width + 1, -1) < 80, `${flags}: ${widths.join(' ')}`);
        }
      });
    }

    it('has the columns that it speaks of', () => {
      const own = Object.values(tool.flags ?? {}).flatMap(({ fields = [], shows = [], replaces = {} }) => [
        ...fields,
        ...shows,
        ...Object.entries(replaces).flat(),
      ]);
      for (const name of own) assert.ok(columns.includes(name), name);
      for (const { replaces } of Object.values(tool.flags ?? {})) {
        for (const usual of Object.keys(replaces ?? {}))
          assert.ok(tool.columns.includes(usual), `${usual} is no usual column`);
      }
    });

    it('shows usual columns without any flag', () => {
      const gated = Object.values(tool.flags ?? {}).flatMap(({ fields = [] }) => fields);
      for (const view of viewsOf(tool)) assert.ok(view.columns.some((name) => !gated.includes(name)));
      // Events always have the same ones.
      if (!tool.tally) for (const name of tool.columns) assert.equal(gated.includes(name), false, name);
    });

    const { tally } = tool;
    if (tally) {
      it('adds up in maps whose key and value are a row, behind what all have', () => {
        const view = viewsOf(tool).at(-1) ?? assert.fail();
        const { key, value } = mapShapes(object.btf).get('tally_a') ?? assert.fail('no map tally_a');
        const members = [key, value].flatMap((shape) => (shape?.kind === 'struct' ? shape.layout.members : []));
        const row = layoutOf(object.btf, view.event.struct);
        assert.deepEqual(
          row.members.slice(2).map(({ name }) => name),
          members.map(({ name }) => name),
        );
      });

      it('sorts and sums columns that it has', () => {
        const { all } = views.at(-1) ?? assert.fail();
        const named = (name: string) => all.find((column) => column.name === name) ?? assert.fail(name);
        assert.ok(isSortable(named(tally.sort)));
        for (const name of tally.sums ?? []) assert.equal(named(name).json, 'integer');
        if (tally.flag !== undefined) assert.equal(tool.flags?.[tally.flag]?.takes, undefined);
      });
    }

    it('has flags that set a constant of the program', () => {
      for (const [name, { sets, takes }] of Object.entries(tool.flags ?? {})) {
        const variable = object.globals.get(sets);
        assert.equal(variable?.section, '.rodata', `--${name} sets ${sets}`);
        const { shape } = variable;
        const length = ARRAYS[takes as keyof typeof ARRAYS];
        if (length !== undefined) {
          assert.ok(shape.kind === 'array' && shape.length === length, `--${name} sets ${sets}`);
          continue;
        }
        const isBool = takes === undefined || takes === 'names' || takes === 'paths';
        assert.ok(shape.kind === 'int' && shape.bool === isBool, `--${name} sets ${sets}`);
      }
    });

    it('has flags that clash with none of the shared ones', () => {
      const features = [...allFeatures().values()].flatMap(({ flags, cliFlags }) => [flags, cliFlags]);
      const all: FlagTable = Object.assign({}, shared, ...features);
      const taken = new Set<string | undefined>(
        [...Object.values(all).map(({ char }) => char), 'w', 'h'].filter((char) => char !== undefined),
      );
      for (const [name, { char, summary }] of Object.entries(tool.flags ?? {})) {
        // Not even those of a feature that it does not have: the parsers of all features' flags run.
        assert.equal(name in all, false, `--${name}`);
        assert.equal(char !== undefined && taken.has(char), false, `-${char}`);
        if (char !== undefined) taken.add(char);
        assert.ok(summary.length > 0);
      }
    });

    it('attaches each of its programs, to see one thing', () => {
      const named = Object.values(tool.hooks).flatMap(({ ways }) => {
        const all = ways.map(({ programs, optional = [] }) => [...programs, ...optional]);
        for (const programs of all) assert.equal(new Set(programs).size, programs.length, 'once in a way');
        return [...new Set(all.flat())];
      });
      assert.equal(new Set(named).size, named.length, 'a program is for one thing');
      const others = featurePrograms(tool);
      const own = object.programs.filter((name) => !others.includes(name));
      const missing = named.filter((name) => !own.includes(name));
      const optional = Object.values(tool.hooks).flatMap(({ ways }) => ways.flatMap((way) => way.optional ?? []));
      // Some system calls are not there on every architecture.
      assert.deepEqual(
        missing.filter((name) => process.arch === 'x64' || !optional.includes(name)),
        [],
      );
      assert.deepEqual(
        own.filter((name) => !named.includes(name)),
        [],
      );
    });

    it('sees something, and says what is missing where it may not', () => {
      assert.ok(Object.values(tool.hooks).some(({ without }) => without === undefined));
      for (const [point, { ways, without = 'text' }] of Object.entries(tool.hooks)) {
        assert.match(point, /^[A-Za-z][A-Za-z ]*s$/, 'what is seen, in the plural');
        assert.ok(ways.length > 0 && ways.every(({ programs }) => programs.length > 0), point);
        assert.match(without, /^[^\n]*[^.\n]$/);
      }
    });

    it('has the shared filters, the ring and the count of what is lost', () => {
      for (const name of [...FILTERS, ...(tool.features?.includes('sockets') ? NET_FILTERS : [])])
        assert.equal(object.globals.get(name)?.section, '.rodata', name);
      for (const name of ['follow_fork', 'cgroup_mkdir', 'cgroup_rmdir'])
        assert.ok(object.programs.includes(name), name);
      // What traces exits forgets in these very programs: src/trace/features/ending/exit.h.
      assert.notEqual(object.programs.includes('follow_exit'), object.programs.includes('handle_exit'));
      const maps = object.btf.type(object.btf.find('.maps', 'datasec') ?? assert.fail('no maps'));
      assert.equal(maps.kind, 'datasec');
      const names = maps.variables.map(({ type }) => (object.btf.type(type) as { name: string }).name);
      assert.equal(object.globals.get('lost')?.section, '.bss');
      const counts = layoutOf(object.btf, 'lost_counts').members.map(({ type }) => (type as ArrayShape).length);
      assert.deepEqual(counts, [COUNTED.length], 'one for each reason');
      for (const name of ['events', 'filter_ids', 'filter_cgroups']) assert.ok(names.includes(name), name);
      assert.ok(memberOf(layoutOf(object.btf, 'event'), 'time').typedefs.includes('snoop_time'), 'to order events by');
    });

    it('has an object with types and relocations, and without DWARF', () => {
      const sections = [...object.sections.keys()];
      assert.ok(sections.includes('.BTF') && sections.includes('.BTF.ext'));
      assert.deepEqual(
        sections.filter((name) => name.startsWith('.debug') || name.startsWith('.rel.debug')),
        [],
      );
    });

    it('has a licence that the kernel takes for the GPL', () => {
      const license = object.sections.get('license')?.bytes ?? assert.fail('no license section');
      assert.ok(GPL.includes(Buffer.from(license).toString().replace(/\0$/, '')));
    });

    for (const { summary, command: example } of tool.examples) {
      it(`has an example that works: ${summary}`, async () => {
        const line = example.replaceAll('<%= config.bin %>', 'snoopkit');
        const words = wordsOf(line);
        const [bin, name] = words[0] === 'snoopkit' ? words.splice(0, 2) : ['snoopkit', tool.name];
        assert.deepEqual([bin, name], ['snoopkit', tool.name]);
        const { flags } = await Parser.parse(splitWords(words).own, { flags: command.flags, args: {}, strict: true });
        for (const field of (flags.fields as string | undefined)?.split(',') ?? [])
          assert.ok(columns.includes(field.replace(/^\+/, '')), field);
      });
    }

    it('has --help, with its flags and the shared ones', async () => {
      const { status, stdout, said } = await snoopkit([tool.name, '--help', 'all']);
      assert.deepEqual([status, said], [0, '']);
      for (const flag of [...Object.keys(tool.flags ?? {}), ...Object.keys(shared)])
        assert.ok(stdout.toString().includes(flag), `--${flag}`);
    });
  });
}
