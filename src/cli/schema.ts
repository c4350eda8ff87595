import { existsSync, readFileSync } from 'node:fs';
import { Btf, readBtfBytes } from '../btf/index.js';
import { SnoopkitError } from '../errors.js';
import { ClockOffset, type EventContext } from '../events/context.js';
import { eventSchema } from '../events/schema.js';
import { type JsonSchema, type LineKind, lineSchema } from '../output/json-schema.js';
import { TALLY_FIELDS } from '../trace/features/tally/fields.js';
import { objectPath } from '../trace/object-path.js';
import { availableColumns, type ToolDefinition } from '../trace/tool.js';
import { columnTexts, type ToolView, viewsOf } from './help/manual.js';
import { writeText } from './write-text.js';

/** A context without a machine: a schema describes values, not their content. */
const NOWHERE: EventContext = {
  clock: new ClockOffset(0n),
  arch: process.arch,
  userName: () => undefined,
  groupName: () => undefined,
  cgroupPath: () => undefined,
  hostName: () => undefined,
  envNames: [],
  enumName: () => undefined,
  kernelSymbol: () => undefined,
};

/** The JSON Schema of a tool's lines with -o json, from its object's BTF. Needs neither root nor the addon. */
export function toolSchema(tool: ToolDefinition): JsonSchema {
  const path = objectPath(tool.name);
  if (!existsSync(path)) throw new SnoopkitError('BUILD', `${path} is missing: run make build`);
  const btf = Btf.parse(readBtfBytes(readFileSync(path)));
  const kinds = viewsOf(tool).map((view) => lineKind(tool, view, btf));
  return lineSchema(`snoopkit ${tool.name} -o json, a line, without --fields`, kinds);
}

function lineKind(tool: ToolDefinition, view: ToolView, btf: Btf): LineKind {
  const { columns } = eventSchema(btf, view.event.struct, NOWHERE);
  const texts = columnTexts(view);
  const usual = new Set(availableColumns(tool, columns, new Set()));
  const told = columns.map((column) => ({
    column,
    description: texts[column.name],
    // Rows of reports have a cgroup only on request.
    isOptional:
      !usual.has(column) || column.repeats === true || (view.shared === TALLY_FIELDS && column.name === 'cgroup'),
  }));
  return { event: view.event.name, columns: told };
}

/** Prints the schema of a tool. */
export async function writeSchema(tool: ToolDefinition): Promise<void> {
  await writeText(`${JSON.stringify(toolSchema(tool), null, 2)}\n`);
}
