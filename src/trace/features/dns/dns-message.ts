import type { Answer } from 'dns-packet';
import dnsPacket from 'dns-packet';

/** Properties shared by a question and its answer. */
interface Asked {
  readonly id: number;
  /** `A` or `AAAA`. */
  readonly type: string;
  readonly name: string;
}

export interface DnsQuestion extends Asked {
  readonly isAnswer: false;
}

/** With the addresses, in output format. */
export interface DnsAnswer extends Asked {
  readonly isAnswer: true;
  readonly addresses: readonly string[];
}

/** Characters that are safe on a terminal and in a column. */
const HARMLESS = /^[\w.-]+$/;
/** A name whose last part is a number, decimal or hexadecimal, is read as an IPv4 address: by inet_aton(3), and by the URL standard. */
const IS_ADDRESS = /(^|\.)(\d+|0x[\da-f]*)\.?$/i;

/** The address of an A or AAAA record. */
function addressOf(answer: Answer): string | undefined {
  if (answer.type === 'A') return answer.data;
  // The URL standard writes IPv6 as RFC 5952 does.
  if (answer.type === 'AAAA') return new URL(`http://[${answer.data}]/`).hostname.slice(1, -1);
  return undefined;
}

/** The addresses of a name, following aliases; other records of an answer are ignored. */
function addressesOf(name: string, answers: readonly Answer[]): string[] {
  const aliases = new Map(
    answers.flatMap((answer) =>
      answer.type === 'CNAME' ? [[answer.name.toLowerCase(), answer.data.toLowerCase()]] : [],
    ),
  );
  const names = new Set<string>();
  for (
    let next: string | undefined = name.toLowerCase();
    next !== undefined && !names.has(next);
    next = aliases.get(next)
  )
    names.add(next);
  return answers.flatMap((answer) =>
    names.has((answer as { name: string }).name.toLowerCase()) ? (addressOf(answer) ?? []) : [],
  );
}

/**
 * Reads a question for addresses, or the answer to one; undefined for anything else, and for unsafe names: those with
 * control characters, and those that look like an address.
 */
export function readDns(message: Buffer): DnsQuestion | DnsAnswer | undefined {
  try {
    const { type: kind, id = 0, questions = [], answers = [], ...rest } = dnsPacket.decode(message);
    const [question, ...more] = questions;
    if (!question || more.length > 0 || (question.type !== 'A' && question.type !== 'AAAA')) return undefined;
    const { name, type } = question;
    if (!HARMLESS.test(name) || IS_ADDRESS.test(name)) return undefined;
    if (kind === 'query') return { isAnswer: false, id, type, name };
    const { rcode } = rest as { rcode?: string };
    return { isAnswer: true, id, type, name, addresses: rcode === 'NOERROR' ? addressesOf(name, answers) : [] };
  } catch {
    // Not a DNS message, or damaged: ignored.
    return undefined;
  }
}
