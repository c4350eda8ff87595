import { type Kind, text } from './kind.js';

/** snoop_cgroup: its path; missing when it is gone, or there was none. */
export const cgroupKind: Kind = (field, context) => {
  const paths = new Map<bigint, Buffer>();
  return [
    text(
      field.name,
      20,
      (record, span) => {
        const id = record.view.getBigUint64(record.offset + field.offset, true);
        let path = paths.get(id);
        if (path === undefined) {
          path = Buffer.from(context.cgroupPath(id) ?? '');
          paths.set(id, path);
        }
        span.set(path, 0, path.length);
        span.isMissing = path.length === 0;
      },
      { isSpan: true },
    ),
  ];
};
