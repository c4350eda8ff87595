import { type Member, memberOf } from '../../btf/index.js';
import { type EventRecord, type ListColumn, listMembers, listTexts, TextList } from '../column.js';
import { type ColumnMaker, type Field, type Kinds, layoutOfField } from '../kind.js';
import { SpanReader } from '../span.js';

type ReadList = (record: EventRecord, list: TextList) => void;

/** Reads struct snoop_list of bpf/include/types.h, as the object's BTF lays it out. */
function listReader(field: Field): ReadList {
  const layout = layoutOfField(field);
  const [span, count, size] = ['span', 'count', 'size'].map((name) => memberOf(layout, name)) as [
    Member,
    Member,
    Member,
  ];
  const reader = new SpanReader({ name: field.name, offset: field.offset + span.offset, shape: span.type });
  const countAt = field.offset + count.offset;
  const sizeAt = field.offset + size.offset;
  return (record, list) => {
    reader.read(record, list.span);
    list.count = record.view.getUint32(record.offset + countAt, true);
    list.size = record.view.getUint32(record.offset + sizeAt, true);
  };
}

/** snoop_args: the words of a command. */
const argsColumns: ColumnMaker = (field): ListColumn[] => {
  const list = new TextList();
  const locate = listReader(field);
  const value = (record: EventRecord) => {
    locate(record, list);
    return listTexts(list);
  };
  return [
    { kind: 'list', json: 'array', type: 'string[] | null', name: field.name, width: 20, align: 'left', locate, value },
  ];
};

/** snoop_env: of an environment what was asked for, by name. */
const envColumns: ColumnMaker = (field, { envNames }): ListColumn[] => {
  const list = new TextList();
  const names = new Set(envNames);
  const read = listReader(field);
  const locate = (record: EventRecord, into: TextList) => {
    read(record, into);
    into.names = names;
  };
  const value = (record: EventRecord) => {
    locate(record, list);
    return listMembers(list);
  };
  return [
    {
      kind: 'list',
      json: 'object',
      type: 'Record<string, string> | null',
      name: field.name,
      width: 20,
      align: 'left',
      locate,
      value,
    },
  ];
};

export const KINDS: Kinds = {
  snoop_args: { columns: argsColumns },
  snoop_env: { columns: envColumns },
};
