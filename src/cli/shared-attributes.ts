/** What several tools say in their mapping to OpenTelemetry: src/output/otlp/mapping.ts. */
import type { AttributeRule } from '../output/otlp/mapping.js';

type Attributes = Readonly<Record<string, AttributeRule>>;

/** Of struct ending (bpf/include/exit.h). A signal leaves no status. */
export const ENDING_ATTRIBUTES: Attributes = {
  exit_code: { name: 'process.exit.code', unless: 'signal' },
  signal: 'snoopkit.process.exit.signal',
};
export const ENDING_WARNS = ['exit_code', 'signal'];

/** Of who connects: the other end is the server. */
export const CLIENT_ATTRIBUTES: Attributes = {
  local_addr: ['network.local.address', 'client.address'],
  local_port: ['network.local.port', 'client.port'],
  remote_addr: ['network.peer.address', 'server.address'],
  remote_port: ['network.peer.port', 'server.port'],
};

/** Of who is connected to. */
export const SERVER_ATTRIBUTES: Attributes = {
  local_addr: ['network.local.address', 'server.address'],
  local_port: ['network.local.port', 'server.port'],
  remote_addr: ['network.peer.address', 'client.address'],
  remote_port: ['network.peer.port', 'client.port'],
};

export const TCP = { 'network.transport': 'tcp' };
