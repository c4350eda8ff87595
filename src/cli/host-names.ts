import type { BpfObject } from '../bpf/object.js';
import { RingBuffer } from '../bpf/ring-buffer.js';
import { layoutOf, readValue, type StructShape } from '../btf/index.js';
import type { NameAsker } from '../events/context.js';
import { namespaceOf } from '../kernel/processes.js';
import { type DnsAnswer, type DnsQuestion, readDns } from './dns-message.js';
import { NameHistory } from './name-history.js';

/** struct dns_message of bpf/include/dns.h, and the bytes behind it. */
export interface DnsMessage {
  /** Nanoseconds since the boot. */
  readonly time: bigint;
  readonly socket: bigint;
  readonly pid: number;
  readonly netns: number;
  readonly server: { readonly addr: readonly number[]; readonly port: number };
  readonly is_received: boolean;
  readonly bytes: Buffer;
}

/** Who was told something, where and when. */
type Receiver = Pick<DnsMessage, 'time' | 'pid' | 'netns'>;

/** Questions that wait for their answer, or the other way round: the oldest go. */
const MOST_WAITING = 4096;
/** No resolver waits for longer. */
const LATEST_NS = 60_000_000_000n;
/** With several threads an answer may be received before the call that asked has returned. */
const EARLIEST_NS = 1_000_000_000n;

/** The last ones of many, by key. */
class Waiting<Item> extends Map<string, Item> {
  put(key: string, item: Item): void {
    this.delete(key);
    this.set(key, item);
    const oldest = this.keys().next();
    if (this.size > MOST_WAITING && !oldest.done) this.delete(oldest.value);
  }

  take(key: string): Item | undefined {
    const item = this.get(key);
    this.delete(key);
    return item;
  }
}

/**
 * The names of addresses, from what traced processes asked name servers and were answered. An answer counts where the same
 * socket has asked the same server the same (whom a process that does not look at the sender takes for the server), and then for that process, and less so for others of its network namespace.
 */
export class HostNames {
  readonly #ofProcess = new NameHistory();
  readonly #ofNamespace = new NameHistory();
  readonly #questions = new Waiting<bigint>();
  /** Their keys, by what they have in common with an answer of whom nobody knows who sent it. */
  readonly #anyQuestions = new Waiting<string>();
  readonly #early = new Waiting<{ receiver: Receiver; answer: DnsAnswer }>();
  readonly #namespaces = new Map<number, number | undefined>();
  #ring: RingBuffer | undefined;
  #shape: StructShape | undefined;

  /** Takes messages from a loaded object, bpf/include/dns.h, until it is closed. */
  open(object: BpfObject): void {
    this.#shape = { kind: 'struct', layout: layoutOf(object.btf, 'dns_message') };
    this.#ring = RingBuffer.open(object.maps.need('dns_messages'), { orderBy: 0 });
  }

  /** Reads what has come. To be done when events were taken from the kernel, before these are shown. */
  read(): void {
    this.#namespaces.clear();
    const shape = this.#shape;
    if (!shape) return;
    for (const batch of this.#ring?.drain() ?? []) {
      const view = new DataView(batch.bytes.buffer, batch.bytes.byteOffset, batch.bytes.length);
      batch.forEach((offset) => {
        const head = readValue(shape, view, offset) as unknown as DnsMessage & { length: number };
        const start = offset + shape.layout.size;
        this.take({ ...head, bytes: batch.bytes.subarray(start, start + head.length) });
      });
    }
  }

  /** Takes one message, whose bytes may be anything. */
  take(message: DnsMessage): void {
    const read = readDns(message.bytes);
    // What is sent is no answer, and what is received no question.
    if (!read || read.isAnswer !== message.is_received) return;
    const [key, anyKey] = keysOf(message, read);
    const { time, pid, netns } = message;
    if (read.isAnswer) {
      // The resolver takes the first answer, too.
      const asked = this.#takeQuestion(key, anyKey);
      const receiver = { time, pid, netns };
      if (asked !== undefined && time - asked <= LATEST_NS) this.#tell(receiver, read);
      else this.#early.put(key, { receiver, answer: read });
      return;
    }
    const early = this.#early.take(key) ?? this.#early.take(anyKey);
    if (early && early.receiver.time <= time && time - early.receiver.time < EARLIEST_NS)
      this.#tell(early.receiver, early.answer);
    else {
      this.#questions.put(key, time);
      this.#anyQuestions.put(anyKey, key);
    }
  }

  /** When the question was asked that an answer is for; it waits no more. */
  #takeQuestion(key: string, anyKey: string): bigint | undefined {
    if (key !== anyKey) {
      const asked = this.#questions.take(key);
      if (asked !== undefined) this.#anyQuestions.delete(anyKey);
      return asked;
    }
    const only = this.#anyQuestions.take(anyKey);
    return only === undefined ? undefined : this.#questions.take(only);
  }

  #tell({ time, pid, netns }: Receiver, { name, addresses }: DnsAnswer): void {
    for (const address of addresses) {
      this.#ofProcess.add(`${netns} ${pid} ${address}`, name, time);
      this.#ofNamespace.add(`${netns} ${address}`, name, time);
    }
  }

  /** The name that a process, or else its network namespace, was told last for an address, before the event. */
  name(address: string, { pid, netns = this.#namespaceOf(pid), time }: NameAsker): string | undefined {
    if (netns === undefined) return undefined;
    const own = pid === 0 ? undefined : this.#ofProcess.at(`${netns} ${pid} ${address}`, time);
    return own ?? this.#ofNamespace.at(`${netns} ${address}`, time);
  }

  /** That of a process now, for rows that don't tell. */
  #namespaceOf(pid: number): number | undefined {
    if (!this.#namespaces.has(pid)) this.#namespaces.set(pid, namespaceIfThere(pid));
    return this.#namespaces.get(pid);
  }

  close(): void {
    this.#ring?.close();
  }
}

function namespaceIfThere(pid: number): number | undefined {
  try {
    return namespaceOf(pid, 'net');
  } catch {
    return undefined;
  }
}

/** What a question and its answer have in common; and what without the server, where a process does not ask who answered. */
function keysOf({ socket, netns, server }: DnsMessage, { id, type, name }: DnsQuestion | DnsAnswer): [string, string] {
  const any = [socket, netns, id, type, name.toLowerCase()].join(' ');
  return server.port === 0 ? [any, any] : [`${server.addr.join('.')} ${server.port} ${any}`, any];
}
