import { type Kind, text } from './kind.js';

/** Paths that are kept as bytes. */
const MOST = 1024;
const NONE = Buffer.alloc(0);

/** snoop_cgroup: its path; missing when it was gone before anybody looked, or there was none. */
export const cgroupKind: Kind = (field, context) => {
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
  return [
    text(
      field.name,
      20,
      (record, span) => {
        const path = bytesOf(record.view.getBigUint64(record.offset + field.offset, true));
        span.set(path, 0, path.length);
        span.isMissing = path.length === 0;
      },
      { isSpan: true },
    ),
  ];
};
