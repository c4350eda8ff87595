import type { AttributeRule } from '../../../otlp/mapping.js';
import type { SocketEvent } from '../../tool-types.js';

/** Rules for columns, by name. */
type Rules<Columns> = { readonly [Column in keyof Columns]?: AttributeRule<keyof Columns & string> };

/** Attributes of a connecting socket: the peer is the server. */
export const CLIENT_ATTRIBUTES = {
  local_addr: ['network.local.address', 'client.address'],
  local_port: ['network.local.port', 'client.port'],
  remote_addr: { name: ['network.peer.address', 'server.address'], with: 'remote_port' },
  remote_port: { name: ['network.peer.port', 'server.port'], with: 'remote_port' },
} as const satisfies Rules<SocketEvent>;

/** Attributes of an accepting socket: the peer is the client. */
export const SERVER_ATTRIBUTES = {
  local_addr: ['network.local.address', 'server.address'],
  local_port: ['network.local.port', 'server.port'],
  remote_addr: { name: ['network.peer.address', 'client.address'], with: 'remote_port' },
  remote_port: { name: ['network.peer.port', 'client.port'], with: 'remote_port' },
} as const satisfies Rules<SocketEvent>;

const end = (name: string, mine: 'client' | 'server', part: 'address' | 'port'): AttributeRule<never> => ({
  name,
  byRole: { client: `${mine}.${part}`, server: `${mine === 'client' ? 'server' : 'client'}.${part}` },
});

/** Attributes of a connection whose `role` column says which end connected. */
export const ROLE_ATTRIBUTES = {
  local_addr: end('network.local.address', 'client', 'address'),
  local_port: end('network.local.port', 'client', 'port'),
  remote_addr: end('network.peer.address', 'server', 'address'),
  remote_port: end('network.peer.port', 'server', 'port'),
} as const satisfies Rules<SocketEvent>;

export const TCP = { 'network.transport': 'tcp' };
