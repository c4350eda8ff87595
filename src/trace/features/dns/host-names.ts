import type { BpfObject } from '../../../bpf/object.js';
import { RingBuffer } from '../../../bpf/ring-buffer.js';
import { layoutOf, memberOf, readValue, type StructShape } from '../../../btf/index.js';
import type { NameAsker } from '../../../events/context.js';
import { namespaceOf } from '../../../kernel/processes.js';
import { type DnsAnswer, type DnsQuestion, readDns } from './dns-message.js';
import { NameHistory } from './name-history.js';

/** struct dns_message of src/trace/features/dns/dns.h, and the bytes that follow it. */
export interface DnsMessage {
  /** Nanoseconds since boot. */
  readonly time: bigint;
  readonly socket: bigint;
  readonly pid: number;
  readonly netns: number;
  readonly server: { readonly addr: readonly number[]; readonly port: number };
  readonly is_received: boolean;
  readonly bytes: Buffer;
}

/** The receiver of an answer, and its time. */
type Receiver = Pick<DnsMessage, 'time' | 'pid' | 'netns'>;

/** Maximum number of unmatched questions or answers; the oldest are discarded. */
const MOST_WAITING = 4096;
/** The longest that any resolver waits. */
const LATEST_NS = 60_000_000_000n;
/** With several threads an answer may be received before the call that sent the question has returned. */
const EARLIEST_NS = 1_000_000_000n;

/** The most recent entries, by key. */
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
 * The names of addresses, from DNS questions and answers of traced processes. An answer is used if the same socket has
 * sent that question to that server, or to any server if the process does not look at the sender: first for that process,
 * then for others of its network namespace.
 */
export class HostNames {
  readonly #ofProcess = new NameHistory();
  readonly #ofNamespace = new NameHistory();
  readonly #questions = new Waiting<bigint>();
  /** Their keys, by the key of an answer whose sender is unknown. */
  readonly #anyQuestions = new Waiting<string>();
  readonly #early = new Waiting<{ receiver: Receiver; answer: DnsAnswer }>();
  readonly #namespaces = new Map<number, number | undefined>();
  #ring: RingBuffer | undefined;
  #shape: StructShape | undefined;

  /** Reads messages from a loaded object (src/trace/features/dns/dns.h) until it is closed. */
  open(object: BpfObject): void {
    const layout = layoutOf(object.btf, 'dns_message');
    this.#shape = { kind: 'struct', layout };
    this.#ring = RingBuffer.open(object.maps.need('dns_messages'), {
      orderBy: memberOf(layout, 'time').offset,
    });
  }

  /** Reads pending messages. Call it after reading events from the kernel, before showing them. */
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

  /** Handles one message, whose bytes are untrusted. */
  take(message: DnsMessage): void {
    const read = readDns(message.bytes);
    // Sent messages are questions, received ones answers.
    if (!read || read.isAnswer !== message.is_received) return;
    const [key, anyKey] = keysOf(message, read);
    const { time, pid, netns } = message;
    if (read.isAnswer) {
      // Like the resolver, use the first answer.
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

  /** Removes the question of an answer, and returns when it was asked. */
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

  /** The latest name of an address before the event, as resolved by the process or else in its network namespace. */
  name(address: string, { pid, netns = this.#namespaceOf(pid), time }: NameAsker): string | undefined {
    if (netns === undefined) return undefined;
    const own = pid === 0 ? undefined : this.#ofProcess.at(`${netns} ${pid} ${address}`, time);
    return own ?? this.#ofNamespace.at(`${netns} ${address}`, time);
  }

  /** The current network namespace of a process, for rows without one. */
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

/** Keys shared by a question and its answer: with the server, and without it, for answers whose sender is unknown. */
function keysOf({ socket, netns, server }: DnsMessage, { id, type, name }: DnsQuestion | DnsAnswer): [string, string] {
  const any = [socket, netns, id, type, name.toLowerCase()].join(' ');
  return server.port === 0 ? [any, any] : [`${server.addr.join('.')} ${server.port} ${any}`, any];
}
