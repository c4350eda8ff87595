/** The types of events and options of tools. Nothing here runs: compiling it is the test. */
import type { Histogram } from '../../src/events/column.js';
import {
  type EventObject,
  type EventOf,
  type OptionsOf,
  type SigsnoopCount,
  type SigsnoopEvent,
  type ToolDefinition,
  trace,
} from '../../src/trace/index.js';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only if both types are the same. */
const same = <A, B>(_same: Same<A, B>) => {};

/** The type of what a run iterates over. */
type Traced<Run> = Run extends AsyncIterable<infer Event> ? Event : never;

export async function events(name: string, tool: ToolDefinition, isCount: boolean) {
  const opens = await trace('opensnoop', { comm: ['nginx', 'cat'], failed: true, maxEvents: 5, path: '/etc' });
  for await (const event of opens) {
    same<typeof event.time, bigint>(true);
    same<typeof event.pid, number>(true);
    same<typeof event.path, string | null>(true);
    same<typeof event.error, string | undefined>(true);
    same<typeof event.full_path, string | null | undefined>(true);
    // @ts-expect-error no such column
    event.pth;
  }
  const absolute = await trace('opensnoop', { fullPath: true });
  same<Traced<typeof absolute>['full_path'], string | null>(true);
  const plain = await trace('opensnoop');
  same<Traced<typeof plain>['comm'], string>(true);

  // Chosen columns.
  const chosen = await trace('opensnoop', { fields: ['full_path', 'error'] });
  same<keyof Traced<typeof chosen>, 'full_path' | 'error'>(true);
  same<Traced<typeof chosen>['full_path'], string | null>(true);
  same<Traced<typeof chosen>['error'], string | undefined>(true);
  const text = await trace('opensnoop', { fields: 'pid,comm' });
  same<Traced<typeof text>['pid'], number | undefined>(true);

  // Aggregates.
  const counts = await trace('sigsnoop', { count: true, sort: 'count', interval: 1 });
  same<Traced<typeof counts>, SigsnoopCount>(true);
  const signals = await trace('sigsnoop', { count: false, signal: ['KILL', 15] });
  same<Traced<typeof signals>, SigsnoopEvent>(true);
  const either = await trace('sigsnoop', { count: isCount });
  same<Traced<typeof either>, SigsnoopCount | SigsnoopEvent>(true);
  const top = await trace('tcptop', { port: 443, rows: 10 });
  same<Traced<typeof top>['received'], number>(true);
  const times = await trace('tcprtt', { byProcess: true });
  same<Traced<typeof times>['srtt'], Histogram>(true);
  same<Traced<typeof times>['pid'], number>(true);
  same<Traced<typeof times>['local_port'], number | undefined>(true);
  const execs = await trace('execsnoop', { env: 'PATH', maxArgs: '1K' });
  same<Traced<typeof execs>['args'], string[] | null>(true);
  same<Traced<typeof execs>['env'], Record<string, string> | null>(true);
  same<EventOf<'sigsnoop'>, SigsnoopEvent>(true);

  // A tool that is known only when it runs.
  const any = await trace(name, { anything: 1 });
  same<Traced<typeof any>, EventObject>(true);
  const own = await trace(tool, { anything: 1 });
  same<Traced<typeof own>, EventObject>(true);
}

export async function options() {
  // @ts-expect-error no such option
  await trace('opensnoop', { folow: true });
  // @ts-expect-error an option of another tool
  await trace('opensnoop', { minDuration: 1 });
  // @ts-expect-error not a tool of sockets
  await trace('opensnoop', { port: 80 });
  // @ts-expect-error a tool without aggregates
  await trace('tcplife', { interval: 1 });
  // @ts-expect-error a switch
  await trace('opensnoop', { follow: 'yes' });
  // @ts-expect-error not a switch
  await trace('opensnoop', { maxEvents: true });
  // @ts-expect-error one value only
  await trace('opensnoop', { duration: [1, 2] });
  // @ts-expect-error as the command line spells it
  await trace('opensnoop', { 'max-events': 1 });
  // @ts-expect-error no such column
  await trace('opensnoop', { fields: ['pid', 'pth'] });
  const given = { comm: 'nginx', folow: true };
  // @ts-expect-error no such option
  await trace('opensnoop', given);
  const checked: OptionsOf<'tcplife'> = { localPort: [80, 443], ipv4: true, minDuration: '500ms' };
  await trace('tcplife', checked);
}
