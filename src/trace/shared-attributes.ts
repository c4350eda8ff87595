/** OpenTelemetry attributes shared by several tools: src/otlp/mapping.ts. */
import type { AttributeRule } from '../otlp/mapping.js';

type Attributes = Readonly<Record<string, AttributeRule>>;

/** Attributes of struct ending (bpf/include/exit.h). A process killed by a signal has no exit status. */
export const ENDING_ATTRIBUTES: Attributes = {
  exit_code: { name: 'process.exit.code', unless: 'signal' },
  signal: 'snoopkit.process.exit.signal',
};
export const ENDING_WARNS = ['exit_code', 'signal'];

/** Attributes of a connecting socket: the peer is the server. */
export const CLIENT_ATTRIBUTES: Attributes = {
  local_addr: ['network.local.address', 'client.address'],
  local_port: ['network.local.port', 'client.port'],
  remote_addr: { name: ['network.peer.address', 'server.address'], with: 'remote_port' },
  remote_port: { name: ['network.peer.port', 'server.port'], with: 'remote_port' },
};

/** Attributes of an accepting socket: the peer is the client. */
export const SERVER_ATTRIBUTES: Attributes = {
  local_addr: ['network.local.address', 'server.address'],
  local_port: ['network.local.port', 'server.port'],
  remote_addr: { name: ['network.peer.address', 'client.address'], with: 'remote_port' },
  remote_port: { name: ['network.peer.port', 'client.port'], with: 'remote_port' },
};

const end = (name: string, mine: 'client' | 'server', part: 'address' | 'port'): AttributeRule => ({
  name,
  byRole: { client: `${mine}.${part}`, server: `${mine === 'client' ? 'server' : 'client'}.${part}` },
});

/** Attributes of a connection whose `role` column says which end connected. */
export const ROLE_ATTRIBUTES: Attributes = {
  local_addr: end('network.local.address', 'client', 'address'),
  local_port: end('network.local.port', 'client', 'port'),
  remote_addr: end('network.peer.address', 'server', 'address'),
  remote_port: end('network.peer.port', 'server', 'port'),
};

export const TCP = { 'network.transport': 'tcp' };
