/** An address with a prefix length; IPv4 is mapped into IPv6. */
export interface Network {
  readonly bytes: Uint8Array;
  /** 0 to 128. */
  readonly prefix: number;
}

/** Filters on the endpoints of a socket, by side: either, local, remote. */
export interface NetFilterOptions {
  readonly ports: readonly (readonly number[])[];
  readonly networks: readonly (readonly Network[])[];
  /** 4, 6, or 0 for both. */
  readonly ip: number;
  /** Whether to read DNS answers. */
  readonly dns: boolean;
}
