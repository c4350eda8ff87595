import { transportOf } from '../../../src/otlp/transport/transport.js';
import type { AnswerKind, Outcome, Protocol, Route, Signal } from '../../../src/otlp/types.js';
import { encodedRequest } from '../../helpers/otlp-requests.js';
import { OtlpGrpcServer, OtlpHttpServer } from '../../helpers/otlp-server.js';
import { patient } from '../../helpers/patience.js';

export const AGENT = 'Snoopkit/1.2.3';

/** For what is the same over each. */
export const SERVERS = [
  ['http/protobuf', OtlpHttpServer],
  ['grpc', OtlpGrpcServer],
] as const satisfies [Protocol, unknown][];

/** A route to a test's own collector. */
export function routeTo(url: URL, protocol: Protocol, changes: Partial<Route> = {}): Route {
  const fixed = {
    signal: 'logs',
    headers: new Map<string, string>(),
    isCompressed: false,
    timeout: 10_000,
    tls: {},
  } as const;
  return { ...fixed, url, protocol, ...changes };
}

/** Long enough for all that ends. */
export const soon = (): AbortSignal => AbortSignal.timeout(patient(10_000));

/** Ends when it is so. */
export function abortedWhen(isSo: () => boolean): AbortSignal {
  const controller = new AbortController();
  const timer = setInterval(() => {
    if (!isSo()) return;
    clearInterval(timer);
    controller.abort();
  }, 5);
  return controller.signal;
}

/** Sends requests, one after the other, by one transport. */
async function outcomesOf(route: Route, signals: readonly AbortSignal[]): Promise<Outcome[]> {
  const transport = await transportOf(route, AGENT);
  const outcomes: Outcome[] = [];
  try {
    for (const signal of signals) outcomes.push(await transport.send(encodedRequest(route.signal), signal));
  } finally {
    transport.close();
  }
  return outcomes;
}

/** Outcomes of requests sent one after the other, by one transport. */
export async function sendAll(route: Route, signals: readonly AbortSignal[]): Promise<Outcome[]> {
  return (await outcomesOf(route, signals)).map(plain);
}

/** What became of a request, without what is there for those who count. */
export function plain({ answer: _, ...outcome }: Outcome): Outcome {
  return outcome as Outcome;
}

export async function sendOne(route: Route, signal: AbortSignal = soon()): Promise<Outcome> {
  return (await sendAll(route, [signal]))[0] as Outcome;
}

/** The answer to a request, in the terms of the semantic conventions. */
export async function answerOf(route: Route, signal: AbortSignal = soon()): Promise<AnswerKind | undefined> {
  return (await outcomesOf(route, [signal]))[0]?.answer;
}

export const TAKEN: Outcome = { kind: 'taken', rejected: 0, message: '' };

export const PATHS: Readonly<Record<Signal, string>> = {
  logs: '/v1/logs',
  traces: '/v1/traces',
  metrics: '/v1/metrics',
};
