/** What the compiler knows of an object by its generated module. Nothing here runs: compiling it is the test. */
import { type AnyMap, type BpfProgram, EventReader, type EventSchema, type TypedMap } from '../../src/index.js';
import { openGlobals } from './objects/globals.js';
import { openMaps, type Place, type Score } from './objects/maps.js';
import type { Visit } from './objects/skeleton.js';

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

export function events(schema: EventSchema, record: Buffer): void {
  const visit = new EventReader<Visit>(schema).read(record);
  same<typeof visit, Visit>(true);
  const { anything } = new EventReader(schema).read(record);
  same<typeof anything, unknown>(true);
}
