import type { EventRecord, TextColumn } from '../column.js';
import { type ColumnMaker, type Kinds, text } from '../kind.js';

/** Paths that are kept as bytes. */
const MOST = 1024;
const NONE = Buffer.alloc(0);

/** snoop_cgroup: its path; missing when it was gone before anybody looked, or there was none. */
const cgroupColumns: ColumnMaker = (field, context) => {
  const paths = new Map<bigint, Buffer>();
  const bytesOf = (id: bigint): Buffer => {
    const known = paths.get(id);
    if (known) return known;
    const path = context.cgroupPath(id);
    // It may be found later.
    if (path === undefined) return NONE;
    const bytes = Buffer.from(path);
    if (paths.size >= MOST) paths.clear();
    paths.set(id, bytes);
    return bytes;
  };
  const pathOf = ({ view, offset }: EventRecord) => bytesOf(view.getBigUint64(offset + field.offset, true));
  const locate: TextColumn['locate'] = (record, span) => {
    const path = pathOf(record);
    span.set(path, 0, path.length);
    span.isMissing = path.length === 0;
  };
  return [{ ...text(field.name, 20, locate, { isSpan: true }), isPassing: (record) => pathOf(record).length === 0 }];
};

export const KINDS: Kinds = {
  snoop_cgroup: { columns: cgroupColumns, isInPlace: true },
};
