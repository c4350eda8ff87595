import { suggestion } from '../../closest.js';
import { flagLabel } from './label.js';
import { flagInstead } from './other-tools.js';

/** The style that oclif gives a reason. */
const DIM = ['\x1b[2m', '\x1b[22m'];

/** oclif's own errors have several lines; the first ones are the reason. */
function onlyReason(message: string): string {
  const [reason = ''] = message.split('\nSee more help');
  return DIM.reduce((text, code) => text.replaceAll(code, ''), reason).replaceAll(/\s*\n\s*/g, ' ');
}

/** The command that a command line is for. */
export interface Wrong {
  readonly id: string;
  readonly isTool: boolean;
  readonly flags: Readonly<Record<string, { readonly name: string; readonly char?: string }>>;
  /** Its words, up to `--`. */
  readonly words: readonly string[];
}

/** Details of oclif's errors: unknown flags, unexpected words. */
interface Details {
  readonly flags?: readonly string[];
  readonly args?: readonly unknown[];
  readonly parse?: { readonly output?: { readonly argv?: readonly unknown[] } };
}

/** An argument that oclif finds missing. */
interface RequiredArg {
  readonly name: string;
  readonly options?: readonly string[];
}

const shellWord = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** The command line with `--` inserted before the word where a command to trace seems to begin. */
function withDashes({ id, words }: Wrong, at: number): string {
  const line = [...words.slice(0, at), '--', ...words.slice(at)].map(shellWord);
  return `to trace a command, put -- before it: snoopkit ${id} ${line.join(' ')}`;
}

function unknownFlag(wrong: Wrong, flag: string, first: number): string {
  const { id, isTool, flags, words } = wrong;
  if (isTool && first >= 0 && first < words.findIndex((word) => word.startsWith(flag))) return withDashes(wrong, first);
  const [name = ''] = flag.split('=', 1);
  const instead = isTool ? flagInstead(id, name) : undefined;
  if (instead !== undefined) return instead;
  const meant = name.startsWith('--') ? suggestion(name.slice(2), Object.keys(flags), flagLabel) : '';
  return `unknown flag ${flag}${meant}`;
}

function tooMany(wrong: Wrong, word: string, at: number): string {
  const { id, words } = wrong;
  const before = words[at - 1] ?? '';
  const instead = before.startsWith('-') ? flagInstead(id, before) : undefined;
  if (instead !== undefined) return instead;
  if (/^[\d.]+$/.test(word))
    return `unexpected argument ${word}: for a process give -p ${word}, for a duration -d ${word}`;
  return withDashes(wrong, at);
}

/** One line: what is wrong with a command line, and what was likely meant. */
export function usageText(error: Error & Details, wrong: Wrong): string {
  const reason = onlyReason(error.message);
  const { id, isTool, flags, words } = wrong;
  const required = error.args?.filter((arg): arg is RequiredArg => typeof arg === 'object' && arg !== null) ?? [];
  if (/^Missing \d/.test(reason) && required.length > 0)
    return `missing ${required.map(({ name, options }) => options?.join('|') ?? name.toUpperCase()).join(' and ')}`;
  const extra = error.args?.[0] ?? error.parse?.output?.argv?.[0];
  const first = typeof extra === 'string' ? words.indexOf(extra) : -1;
  if (error.flags?.[0] !== undefined) return unknownFlag(wrong, error.flags[0], first);
  if (isTool && typeof extra === 'string' && error.args !== undefined) return tooMany(wrong, extra, first);
  const [, lacking = ''] = /^Flag --(\S+) expects a value/.exec(reason) ?? [];
  const forms = [`-${flags[lacking]?.char}`, `--${lacking}`];
  const theirs = forms
    .map((form) => (isTool && words.includes(form) ? flagInstead(id, form) : undefined))
    .find(Boolean);
  return theirs === undefined ? reason : `${reason}; ${theirs}`;
}
