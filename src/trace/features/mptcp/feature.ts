import type { TcplifeEvent } from '../../tool-types.js';
import { defineFeature } from '../feature.js';

/** MPTCP: the role of a TCP socket, and the connection that subflows belong to. */
export const feature = defineFeature({ needs: ['sockets'] });

/** Description of the column of a snoop_mptcp, for tools that have it. */
export const MPTCP_FIELDS = {
  mptcp:
    "MPTCP role of the socket: connection, the program's socket; fallback, the same with a peer that speaks only TCP; subflow, a TCP socket that the kernel uses for a connection; absent for plain TCP",
} as const satisfies { readonly [Column in keyof TcplifeEvent]?: string };
