import type { Answer } from 'dns-packet';
import dnsPacket from 'dns-packet';
import type { BpfObject } from '../bpf/object.js';
import { RingBuffer } from '../bpf/ring-buffer.js';

/** More are not kept: the oldest goes. */
const MOST = 16_384;
/** What a terminal, or a reader of a column, can take as it is. */
const HARMLESS = /^[\w.-]+$/;

/** The address of an A or AAAA record, as outputs write it. */
function addressOf(answer: Answer): string | undefined {
  if (answer.type === 'A') return answer.data;
  // The URL standard writes IPv6 as RFC 5952 does.
  if (answer.type === 'AAAA') return new URL(`http://[${answer.data}]/`).hostname.slice(1, -1);
  return undefined;
}

/** The names of addresses, from the answers that traced processes received: what they asked for, whatever that is an alias of. */
export class HostNames {
  readonly #names = new Map<string, string>();
  #ring: RingBuffer | undefined;

  /** Takes answers from a loaded object, bpf/include/dns.h, until it is closed. */
  open(object: BpfObject): void {
    this.#ring = RingBuffer.open(object.maps.need('dns_answers'));
  }

  /** Reads what has come. */
  read(): void {
    for (const batch of this.#ring?.drain() ?? [])
      batch.forEach((offset) => {
        const length = batch.bytes.readUInt32LE(offset);
        this.take(batch.bytes.subarray(offset + 4, offset + 4 + length));
      });
  }

  /** Takes one message, which may be anything. */
  take(message: Buffer): void {
    try {
      const { type, questions = [], answers = [] } = dnsPacket.decode(message);
      const name = questions[0]?.name;
      if (type !== 'response' || name === undefined || !HARMLESS.test(name)) return;
      for (const address of answers.map(addressOf)) if (address !== undefined) this.#set(address, name);
    } catch {
      // It was none, or is damaged: then there is a name less.
    }
  }

  #set(address: string, name: string): void {
    // Set anew, it is the newest.
    this.#names.delete(address);
    this.#names.set(address, name);
    const oldest = this.#names.keys().next();
    if (this.#names.size > MOST && !oldest.done) this.#names.delete(oldest.value);
  }

  /** The name that was asked for when this address was the answer. */
  name(address: string): string | undefined {
    this.read();
    return this.#names.get(address);
  }

  close(): void {
    this.#ring?.close();
  }
}
