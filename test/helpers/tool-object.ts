import { readFileSync } from 'node:fs';
import { Btf, elfSections, elfSymbols, globalsOf, readBtfBytes } from '../../src/btf/index.js';
import type { Column } from '../../src/events/column.js';
import { eventSchema } from '../../src/events/schema.js';
import { objectPath } from '../../src/trace/object-path.js';
import type { ToolDefinition } from '../../src/trace/tool.js';
import { fakeContext } from '../events/helpers.js';

/** Contents of a tool's compiled object, read without the addon. */
export class ToolObject {
  readonly bytes: Buffer;
  readonly btf: Btf;

  constructor(tool: ToolDefinition) {
    this.bytes = readFileSync(objectPath(tool.name));
    this.btf = Btf.parse(readBtfBytes(this.bytes));
  }

  columns(struct: string): readonly Column[] {
    return eventSchema(this.btf, struct, fakeContext({ hostName: () => undefined })).columns;
  }

  get sections() {
    return elfSections(this.bytes);
  }

  get globals() {
    return new Map(globalsOf(this.bytes, this.btf).map((variable) => [variable.name, variable]));
  }

  /** Without functions called by programs. */
  get programs(): string[] {
    const called = this.sections.get('.text')?.index;
    return elfSymbols(this.bytes)
      .filter(({ type, binding, section }) => type === 'function' && binding === 'global' && section !== called)
      .map(({ name }) => name);
  }
}
