/** Who exports: opentelemetry.proto.resource.v1.Resource, by the conventions of service, telemetry.sdk, host and os. */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { messageType } from './messages.js';
import { type KeyValue, keyValue } from './values.js';

/** host.arch by Node's name of it. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The number that an installation keeps, as of machine-id(5); a container may have none. */
function machineId(): string | undefined {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The namespace that the conventions give for UUIDs of service.instance.id. */
const INSTANCES = Buffer.from('4d63009a8d0f11eeaad74c796ed8e320', 'hex');

/**
 * The same for each run of a tool on a machine, or in a container, so that its series go on: a UUID of version 5, of what only
 * that machine has. Where it has no number, a random one.
 */
export function instanceId(machine: string | undefined, tool: string): string {
  if (machine === undefined) return randomUUID();
  const hash = createHash('sha1').update(INSTANCES).update(`${machine}/${hostname()}/${tool}`).digest();
  hash[6] = ((hash[6] as number) & 0x0f) | 0x50;
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export interface ResourceOptions {
  readonly tool: string;
  readonly version: string;
  /** Of OTEL_SERVICE_NAME, or a flag: they win over the attributes. */
  readonly serviceName: string | undefined;
  /** Of OTEL_RESOURCE_ATTRIBUTES, and flags: they win over what is found here, but for telemetry.sdk. */
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
}

/** The attributes, each name once. */
export function resourceAttributes({ tool, version, serviceName, attributes }: ResourceOptions): KeyValue[] {
  const machine = machineId();
  const given = Object.fromEntries(attributes.map(({ key, value }) => [key, value]));
  const all: Record<string, string | undefined> = {
    'service.name': 'snoopkit',
    'service.instance.id': instanceId(machine, tool),
    'service.version': version,
    'host.name': hostname(),
    'host.id': machine,
    'host.arch': ARCHITECTURES[process.arch] ?? process.arch,
    'os.type': 'linux',
    'os.version': release(),
    ...given,
    ...(serviceName !== undefined && { 'service.name': serviceName }),
    // `opentelemetry` is the name of the official SDKs.
    'telemetry.sdk.name': 'snoopkit',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': version,
  };
  return Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [keyValue(key, value)]));
}

export const encodeResource = (attributes: readonly KeyValue[]): Uint8Array =>
  messageType('Resource').encode({ attributes }).finish();

/** The scope is the tool. */
export const encodeScope = (tool: string, version: string): Uint8Array =>
  messageType('InstrumentationScope')
    .encode({ name: `snoopkit.${tool}`, version })
    .finish();
