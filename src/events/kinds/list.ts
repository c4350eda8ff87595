import { type EventRecord, type ListColumn, listMembers, listTexts, TextList } from '../column.js';
import type { Field, Kind } from './kind.js';
import { readSpan } from './text.js';

/** struct snoop_list of bpf/include/types.h: behind its span. */
const COUNT_AT = 8;
const SIZE_AT = 12;

function readList(field: Field, record: EventRecord, list: TextList): void {
  readSpan(field, record, list.span);
  const at = record.offset + field.offset;
  list.count = record.view.getUint32(at + COUNT_AT, true);
  list.size = record.view.getUint32(at + SIZE_AT, true);
}

/** snoop_args: the words of a command. */
export const argsKind: Kind = (field): ListColumn[] => {
  const list = new TextList();
  const locate = (record: EventRecord, into: TextList) => readList(field, record, into);
  const value = (record: EventRecord) => {
    locate(record, list);
    return listTexts(list);
  };
  return [{ kind: 'list', json: 'array', name: field.name, width: 20, align: 'left', locate, value }];
};

/** snoop_env: of an environment what was asked for, by name. */
export const envKind: Kind = (field, { envNames }): ListColumn[] => {
  const list = new TextList();
  const names = new Set(envNames);
  const locate = (record: EventRecord, into: TextList) => {
    readList(field, record, into);
    into.names = names;
  };
  const value = (record: EventRecord) => {
    locate(record, list);
    return listMembers(list);
  };
  return [{ kind: 'list', json: 'object', name: field.name, width: 20, align: 'left', locate, value }];
};
