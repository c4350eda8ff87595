import { type EventRecord, type ListColumn, listTexts, TextList, TextSpan } from '../column.js';
import type { EventContext } from '../context.js';
import { type ColumnMaker, type Kinds, plain } from '../kind.js';
import { SpanReader } from '../span.js';

/** bpf_get_stack() writes a __u64 for each. */
const ADDRESS = 8;

/** Names addresses, each of which is looked up once; in hexadecimal what has no name. */
function namer(context: EventContext): (address: bigint) => string {
  const names = new Map<bigint, string>();
  return (address) => {
    let name = names.get(address);
    if (name === undefined) {
      name = context.kernelSymbol(address) ?? `0x${address.toString(16)}`;
      names.set(address, name);
    }
    return name;
  };
}

/** snoop_ksym: the function at an address of the kernel; not there when that is 0. */
const ksymColumns: ColumnMaker = (field, context) => {
  const nameOf = namer(context);
  const address = ({ view, offset }: EventRecord) => view.getBigUint64(offset + field.offset, true);
  const isPresent = (record: EventRecord) => address(record) !== 0n;
  return [
    plain({
      name: field.name,
      json: 'string',
      type: 'string',
      width: 24,
      align: 'left',
      value: (record) => (isPresent(record) ? nameOf(address(record)) : undefined),
      write: (record, out) => {
        if (isPresent(record)) out.ascii(nameOf(address(record)));
      },
      isPresent,
    }),
  ];
};

/** Functions on top of a stack that are there only because it is traced. */
const MACHINERY = /^(?:(?:__)?bpf_|__traceiter_|trace_call_bpf|kprobe_|ftrace_)/;
/** Limit of their number. */
const MACHINERY_DEPTH = 8;

/** Number of the first functions that are there only because a program runs. */
function machinery(names: readonly string[]): number {
  return names.slice(0, MACHINERY_DEPTH).findLastIndex((name) => MACHINERY.test(name)) + 1;
}

/** snoop_stack: its functions, the innermost one first. */
const stackColumns: ColumnMaker = (field, context): ListColumn[] => {
  const nameOf = namer(context);
  const reader = new SpanReader(field);
  const list = new TextList();
  const locate = (record: EventRecord, into: TextList) => {
    const { span } = into;
    reader.read(record, span);
    const { isMissing, isTruncated, start, end } = span;
    const names: string[] = [];
    for (let at = start; at + ADDRESS <= end; at += ADDRESS) names.push(nameOf(record.view.getBigUint64(at, true)));
    const text = Buffer.from(
      names
        .slice(machinery(names))
        .map((name) => `${name}\0`)
        .join(''),
      'latin1',
    );
    span.set(text, 0, text.length);
    span.isMissing = isMissing;
    span.isTruncated = isTruncated;
  };
  const value = (record: EventRecord) => {
    locate(record, list);
    return listTexts(list);
  };
  return [
    {
      kind: 'list',
      json: 'array',
      type: 'string[] | null',
      name: field.name,
      width: 20,
      align: 'left',
      isBelow: true,
      locate,
      value,
    },
  ];
};

/** snoop_bpf_caller: the second program on the stack, which has caused the first to run; not there if its name is unknown. */
const callerColumns: ColumnMaker = (field, context) => {
  const reader = new SpanReader(field);
  const span = new TextSpan();
  const timeAt = field.near?.('time') ?? 0;
  const callerOf = (record: EventRecord): string | undefined => {
    reader.read(record, span);
    const stack: bigint[] = [];
    for (let at = span.start; at + ADDRESS <= span.end; at += ADDRESS) stack.push(record.view.getBigUint64(at, true));
    return context.bpfCaller?.(stack, record.view.getBigUint64(record.offset + timeAt, true));
  };
  return [
    plain({
      name: field.name,
      json: 'string',
      type: 'string',
      width: 16,
      widest: 32,
      align: 'left',
      value: callerOf,
      write: (record, out) => out.ascii(callerOf(record) ?? ''),
      isPresent: (record) => callerOf(record) !== undefined,
    }),
  ];
};

export const KINDS: Kinds = {
  snoop_ksym: { columns: ksymColumns, isInPlace: true },
  snoop_bpf_caller: { columns: callerColumns },
  snoop_stack: { columns: stackColumns },
};
