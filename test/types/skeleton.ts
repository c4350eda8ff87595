/** What the compiler knows of an object by its generated module. Nothing here runs: compiling it is the test. */
import {
  type AnyMap,
  BpfObject,
  type BpfProgram,
  type EventContext,
  type EventObject,
  EventReader,
  type EventSchema,
  eventSchema,
  type TypedMap,
  UserRingBuffer,
} from '../../src/index.js';
import { openGlobals } from './objects/globals.js';
import { openMaps, type Place, type Score } from './objects/maps.js';
import { openSkeleton, type VisitEvent } from './objects/skeleton.js';
import { openUserRing, type SumAnswerEvent } from './objects/user-ring.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if both types are the same. */
const same = <A, B>(_same: Same<A, B>) => {};

export function maps(): void {
  const opened = openMaps();
  opened.maps.need('places').maxEntries = 8;
  // @ts-expect-error no such map
  opened.maps.need('nowhere');
  const object = opened.load();
  const places = object.maps.need('places');
  const place: Place = { device: 1, name: 'here', inode: 2n };
  const score = places.get(place);
  same<typeof score, Score | undefined>(true);
  places.set(place, { hits: 1, parts: [], seen: true });
  places.set(new Uint8Array(32), new Uint8Array(12));
  // @ts-expect-error a member is missing
  places.get({ device: 1 });
  // @ts-expect-error a value of another type
  places.set(place, { hits: '1', parts: [], seen: true });
  // Members that are left out are zero.
  places.set(place, { hits: 1 });
  places.set(place, { parts: new Uint8Array(2) });
  // @ts-expect-error no such member
  places.set(place, { hit: 1 });
  // @ts-expect-error a map without types takes bytes
  object.maps.need('untyped').set(new Uint8Array(4), { hits: 1 });
  object.maps.need('counters').set(1, [1n, 2n]);
  for (const [key, value] of places) {
    same<typeof key, Place>(true);
    same<typeof value, Score>(true);
  }
  const perCpu = object.maps.need('counters').get(1);
  same<typeof perCpu, bigint[] | undefined>(true);
  const bytes = object.maps.need('untyped').get(new Uint8Array(4));
  same<typeof bytes, Uint8Array | undefined>(true);
  // It is a map like any other.
  const any: AnyMap = places;
  const typed: TypedMap<Place, Score> = places;
  same<typeof typed.fd, typeof any.fd>(true);
  const program: BpfProgram = object.programs.need('handle_nothing');
  program.close();
  // @ts-expect-error no such program
  object.programs.need('handle_something');
  // @ts-expect-error an object without variables
  object.globals.need('calls');
}

/** Of members that share their bytes only one is accepted, and of sockets all that has a descriptor. */
export function shared(choices: TypedMap<number, { choice: { wide: bigint; narrow: number }[] }>): void {
  choices.set(0, { choice: [{ wide: 1n }, { narrow: 2 }] });
  const sockets: TypedMap<number, bigint> = openMaps().load().maps.need('list');
  sockets.set(0, { fd: 3 });
}

export function globals(): void {
  const opened = openGlobals();
  opened.globals.need('target').set(1);
  // @ts-expect-error a text for a number
  opened.globals.need('target').set('1');
  const object = opened.load();
  const calls = object.globals.need('calls').get();
  same<typeof calls, bigint>(true);
  const text = object.constants.need('a_text').get();
  same<typeof text, string>(true);
  // @ts-expect-error a constant
  object.globals.need('a_text');
}

export function events(context: EventContext, bytes: Buffer): void {
  const object = openUserRing().load();
  const schema = eventSchema(object.btf, 'sum_answer', context);
  const event = new EventReader(schema).read(bytes);
  same<typeof event, SumAnswerEvent>(true);
  same<typeof event.total, bigint>(true);
  // @ts-expect-error an event has no such column
  event.weight;
  // @ts-expect-error a bigint
  event.total.toFixed(0);
  // @ts-expect-error no such struct
  eventSchema(object.btf, 'sum_reply', context);
  // The BTF before load is the same, and kinds of one's own make other types.
  const opened = openSkeleton();
  const visit = new EventReader(eventSchema(opened.btf, 'visit', context, { time: 'utc' })).read(bytes);
  same<typeof visit, VisitEvent>(true);
  const own = new EventReader(eventSchema(opened.btf, 'visit', context, { kinds: {} })).read(bytes);
  same<typeof own, EventObject>(true);
  // Without a generated module, any name will do.
  const any = new EventReader(eventSchema(BpfObject.open('a.bpf.o').btf, 'anything', context)).read(bytes);
  same<typeof any, EventObject>(true);
  // Where the event does not matter, a known one will do.
  const unknown: EventSchema = schema;
  const read = new EventReader(unknown).read(bytes);
  same<typeof read, EventObject>(true);
  const plain: BpfObject = object;
  plain.close();
}

export function requests(): void {
  const object = openUserRing().load();
  const writer = UserRingBuffer.open(object.maps.need('requests'), { btf: object.btf, struct: 'sum_request' });
  const isWritten: boolean = writer.write({ operation: 'OPERATION_ADD', amount: 1n });
  writer.write(new Uint8Array(32 * Number(isWritten)));
  // @ts-expect-error a number for a bigint
  writer.write({ amount: 1 });
  // @ts-expect-error no such member
  writer.write({ total: 1n });
  // @ts-expect-error no such struct
  UserRingBuffer.open(object.maps.need('requests'), { btf: object.btf, struct: 'sum_reply' });
  const bytes = UserRingBuffer.open(object.maps.need('requests'));
  // @ts-expect-error opened without a struct
  bytes.write({ amount: 1n });
  const untyped = BpfObject.open('a.bpf.o').load();
  const any = UserRingBuffer.open(untyped.maps.need('m'), { btf: untyped.btf, struct: 'anything' });
  any.write({ whatever: 1, array: [1n] });
}
