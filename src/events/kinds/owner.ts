import type { Column, PlainColumn, TextColumn, TextSpan } from '../column.js';
import { givenNumber } from '../given.js';
import { type ColumnMaker, type Field, type Kinds, plain, text } from '../kind.js';
import { integerReader } from '../numbers.js';

/** A number and, as a column of its own, the name that it has on this machine. */
function named(
  field: Field,
  nameColumn: string,
  nameOf: (id: number) => string | undefined,
): [PlainColumn, TextColumn] {
  const read = integerReader(field);
  const names = new Map<number, Buffer>();
  const locate = (id: number, span: TextSpan) => {
    let name = names.get(id);
    if (name === undefined) {
      name = Buffer.from(nameOf(id) ?? String(id));
      names.set(id, name);
    }
    span.set(name, 0, name.length);
  };
  return [
    plain({
      name: field.name,
      json: 'integer',
      type: 'number',
      width: 6,
      align: 'right',
      value: read,
      write: (record, out) => out.integer(read(record)),
    }),
    text(nameColumn, 10, (record, span) => locate(read(record), span)),
  ];
}

/** `uid` has `user` beside it, `other_uid` has `other_user`. */
const sibling = (name: string, from: string, to: string) =>
  name.endsWith(from) ? name.slice(0, -from.length) + to : `${name}_name`;

/** snoop_uid */
const uidColumns: ColumnMaker = (field, context) =>
  named(field, sibling(field.name, 'uid', 'user'), (uid) => context.userName(uid));

/** UID_SAME of bpf/include/types.h; test/tools/shared-numbers.test.ts compares the two. */
export const UID_SAME = 0xffffffff;

/** snoop_euid: not there where it is the real user. */
const euidColumns: ColumnMaker = (field, context) => {
  const [id, name] = named(field, sibling(field.name, 'uid', 'user'), (uid) => context.userName(uid));
  const isPresent: PlainColumn['isPresent'] = (record) => id.value(record) !== UID_SAME;
  const value: Column['value'] = (record) => (isPresent(record) ? id.value(record) : undefined);
  const nameValue: Column['value'] = (record) => (isPresent(record) ? name.value(record) : undefined);
  return [
    { ...id, isPresent, value },
    { ...name, isPresent, value: nameValue },
  ];
};

/** snoop_gid */
const gidColumns: ColumnMaker = (field, context) =>
  named(field, sibling(field.name, 'gid', 'group'), (gid) => context.groupName(gid));

export const KINDS: Kinds = {
  snoop_uid: { columns: uidColumns, isInPlace: true },
  snoop_euid: { columns: euidColumns, isInPlace: true },
  snoop_gid: { columns: gidColumns, isInPlace: true },
  snoop_given_uid: { columns: givenNumber(uidColumns), isInPlace: true },
  snoop_given_gid: { columns: givenNumber(gidColumns), isInPlace: true },
};
