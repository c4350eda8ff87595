/** Numbers that TypeScript has before it opens an object, or for any object: the same as those in each object's BTF. */
import assert from 'node:assert/strict';
import { mapShapes } from '../../src/bpf/map-shapes.js';
import {
  type Btf,
  enumNumbers,
  layoutOf,
  type Member,
  memberOf,
  type Shape,
  shapeOf,
  sizeOfShape,
} from '../../src/btf/index.js';
import { viewsOf } from '../../src/cli/help/manual.js';
import { UID_SAME } from '../../src/events/kinds/owner.js';
import { SLOTS } from '../../src/otlp/metrics/metric-histogram.js';
import { LONGEST_NAME } from '../../src/trace/features/paths/path-filter.js';
import { COUNTED, lostReasons } from '../../src/trace/losses.js';
import { CGROUPS_MAX, COMM_MAX, COMMS_MAX } from '../../src/trace/values.js';
import { ToolObject } from '../helpers/tool-object.js';
import { loadTools } from '../helpers/tools.js';

const tools = (await loadTools()).map(({ tool }) => tool);

const lengthOf = ({ type }: { readonly type: Shape }) => (type.kind === 'array' ? type.length : assert.fail());

/** The number of entries that C declares: __uint(max_entries, N) is a pointer to an array of N. */
function maxEntries(btf: Btf, map: string): number {
  const variable = btf.type(btf.find(map, 'var') ?? assert.fail(map));
  assert.equal(variable.kind, 'var');
  const declaration = btf.type(btf.resolve(variable.type));
  assert.equal(declaration.kind, 'struct');
  const member = declaration.members.find(({ name }) => name === 'max_entries') ?? assert.fail();
  const pointer = btf.type(btf.resolve(member.type));
  assert.equal(pointer.kind, 'ptr');
  return lengthOf({ type: shapeOf(btf, pointer.type).shape });
}

/** Bytes of a struct that no member has: nobody sets them. Structs inside it are looked through. */
function holes(members: readonly Member[], size: number, at = 0): number[] {
  const taken = new Array<boolean>(size).fill(false);
  const found: number[] = [];
  for (const { offset, type, bits } of members) {
    const length = bits ? Math.ceil((bits.offset + bits.size) / 8) : sizeOfShape(type);
    taken.fill(true, offset, offset + length);
    if (type.kind === 'struct') found.push(...holes(type.layout.members, type.layout.size, at + offset));
  }
  return [...found, ...taken.flatMap((isTaken, i) => (isTaken ? [] : [at + i]))];
}

for (const tool of tools) {
  describe(`numbers shared with ${tool.name}`, () => {
    let object: ToolObject;
    before(() => {
      object = new ToolObject(tool);
    });
    const mapOf = (name: string) => mapShapes(object.btf).get(name);
    const global = (name: string) => object.globals.get(name) ?? assert.fail(name);

    it('are the reasons of losses, all of them', () => {
      const { LOST_REASONS } = enumNumbers(object.btf, 'lost_reason', ['LOST_REASONS']);
      assert.equal(LOST_REASONS, COUNTED.length);
      assert.equal(new Set(Object.values(lostReasons(object.btf))).size, COUNTED.length);
      assert.equal(lengthOf(memberOf(layoutOf(object.btf, 'lost_counts'), 'by_reason')), COUNTED.length);
    });

    it('are the values that stand for none', () => {
      const none = enumNumbers(object.btf, 'snoop_none', ['UID_SAME', 'NOT_GIVEN']);
      // All bits set: src/events/given.ts.
      assert.deepEqual(none, { UID_SAME, NOT_GIVEN: 0xffffffff });
    });

    it('are the lengths of lists that flags fill', () => {
      const { shape } = global('filter_comms');
      assert.ok(shape.kind === 'array' && shape.element.kind === 'array');
      assert.deepEqual([shape.length, shape.element.length], [COMMS_MAX, COMM_MAX + 1]);
      assert.equal(maxEntries(object.btf, 'filter_cgroups'), CGROUPS_MAX);
    });

    it('is the length of names in paths that flags give', () => {
      const key = mapOf('path_steps')?.key;
      if (!key) return;
      assert.ok(key.kind === 'struct');
      assert.equal(lengthOf(memberOf(key.layout, 'name')), LONGEST_NAME + 1);
    });

    it('are the slots of histograms', () => {
      const histogram = object.btf.find('snoop_histogram', 'struct');
      if (histogram !== undefined) assert.equal(lengthOf(memberOf(layoutOf(object.btf, histogram), 'slots')), SLOTS);
    });

    it('leave no byte of an event or a row that no member has', () => {
      const structs = [
        ...new Set(viewsOf(tool).map(({ event }) => event.struct)),
        ...(tool.features?.includes('sockets') ? ['dns_message'] : []),
      ];
      for (const struct of structs) {
        const { members, size } = layoutOf(object.btf, struct);
        assert.deepEqual(holes(members, size), [], struct);
      }
    });
  });
}
