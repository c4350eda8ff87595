/**
 * The resource of an export: opentelemetry.proto.resource.v1.Resource, by the conventions for service, telemetry.sdk,
 * host and os.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname, release } from 'node:os';
import { messageType } from './messages.js';
import { type KeyValue, keyValue } from './values.js';

/** host.arch by Node's name. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The machine-id(5) of this installation; undefined if there is none, as in some containers. */
function machineId(): string | undefined {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** The namespace that the conventions define for UUIDs of service.instance.id. */
const INSTANCES = Buffer.from('4d63009a8d0f11eeaad74c796ed8e320', 'hex');

/**
 * An ID that is the same for each run of a tool on a machine or in a container, so that its series continue: a UUID v5
 * of the machine-id. Without a machine-id, a random UUID.
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
  /** From OTEL_SERVICE_NAME or a flag; overrides the attributes. */
  readonly serviceName: string | undefined;
  /** From OTEL_RESOURCE_ATTRIBUTES and flags; override all detected attributes except telemetry.sdk. */
  readonly attributes: readonly { readonly key: string; readonly value: string }[];
}

/** Attributes of the resource, each name once. */
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
    // `opentelemetry` is reserved for the official SDKs.
    'telemetry.sdk.name': 'snoopkit',
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': version,
  };
  return Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [keyValue(key, value)]));
}

export const encodeResource = (attributes: readonly KeyValue[]): Uint8Array =>
  messageType('Resource').encode({ attributes }).finish();

/** Encodes the InstrumentationScope: the tool. */
export const encodeScope = (tool: string, version: string): Uint8Array =>
  messageType('InstrumentationScope')
    .encode({ name: `snoopkit.${tool}`, version })
    .finish();
