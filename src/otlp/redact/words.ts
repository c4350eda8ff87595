/** What of a command's words is told: values that look secret are masked, for command lines are where secrets leak. */
import { hiddenOperands } from './operands.js';
import { type SecretOption, secretOptions } from './programs.js';
import { isSecretName, MASK, redactText } from './text.js';

export { MASK } from './text.js';

/** `--password=x`, `-Dapi.key=x`, `PGPASSWORD=x` */
const ASSIGNMENT = /^(-{0,2}[^=\s:/"'{]{1,128})=(.*)$/s;
/** `--password`, whose value is the next word. */
const OPTION = /^--?[A-Za-z][\w.-]*$/;
/** `aws_secret_access_key`, a name with a value behind it, as in a command that sets things. */
const SETTING = /^[A-Za-z][\w-]*[._-](?:password|passwd|secret|token|api_key|access_key)$/i;
/** A name and a password, in a word after this, or in the same. */
const PAIR_OPTION = /^(?:-u|--(?:proxy-)?user|--userpass|--creds?|--auth|--basic-auth)$/;
const PAIR = /^[^:]*:(?!\/\/)/;
/** Who is meant, and not by a password: `1000:1000`. */
const IDS = /^\d+:\d+$/;
/** A header as curl(1) takes it, whatever its value is like. */
const HEADER =
  /^((?:proxy-)?authorization|(?:set-)?cookie|[\w-]{0,40}(?:token|secret|api-?key|password)[\w-]{0,40})(\s{0,9}:\s{0,9}).+$/is;
/** openssl's way to give a password as it is. */
const PASS = /^pass:.+$/s;

const afterSign = (value: string, sign: string): string => {
  const at = value.indexOf(sign);
  return at < 0 || at === value.length - 1 ? value : `${value.slice(0, at + 1)}${MASK}`;
};

/** What a word is worth alone. */
function maskedAlone(word: string, depth: number): string {
  const [, name = '', value = ''] = ASSIGNMENT.exec(word) ?? [];
  if (name !== '' && isSecretName(name)) return `${name}=${MASK}`;
  if (PAIR_OPTION.test(name) && !IDS.test(value)) return `${name}=${afterSign(value, ':')}`;
  const header = HEADER.exec(word);
  if (header) return `${header[1]}${header[2]}${MASK}`;
  if (PASS.test(word)) return `pass:${MASK}`;
  const text = redactText(word);
  return /\s/.test(text) && depth < DEEPEST ? redactCommand(text, depth + 1) : text;
}

/** What the word before makes of a word; undefined for nothing. */
function maskedAfter(before: string, word: string, options: readonly SecretOption[]): string | undefined {
  for (const { option, isAttached, after, only } of options) {
    if (!isAttached && option.test(before) && only?.test(word) !== false)
      return after === undefined ? MASK : afterSign(word, after);
  }
  if (PAIR_OPTION.test(before) && PAIR.test(word) && !IDS.test(word)) return afterSign(word, ':');
  const isOption = OPTION.test(before) || SETTING.test(before);
  return isOption && isSecretName(before) && !word.startsWith('-') ? MASK : undefined;
}

/** What options of its program make of a word. */
function maskedInside(word: string, options: readonly SecretOption[]): string | undefined {
  for (const { option, isAttached, after, only } of options) {
    const [, kept, value] = (isAttached && option.exec(word)) || [];
    if (kept !== undefined && value !== undefined && only?.test(value) !== false)
      return `${kept}${after === undefined ? MASK : afterSign(value, after)}`;
  }
  return undefined;
}

/** What is longer is the name of no program. */
const LONGEST_PROGRAM = 256;
const baseName = (word: string) => word.slice(word.lastIndexOf('/') + 1);

/** The words with what looks secret in them masked: values of options, assignments, members, headers, and passwords in URLs. */
export function redactWords(words: readonly string[], depth = 0): string[] {
  // Others may start the program: sudo, env, timeout, docker exec.
  let options: SecretOption[] = [];
  let isComplete = true;
  let all: ReadonlySet<string> | undefined;
  const isOf = ({ needs }: SecretOption) => {
    if (needs !== undefined) all ??= new Set(words);
    return needs === undefined || all?.has(needs);
  };
  const masked = words.map((word, i) => {
    // An option that had its value in itself says nothing of the next word.
    const before = isComplete ? undefined : words[i - 1];
    const mine = options;
    const inside = maskedInside(word, mine);
    isComplete = inside !== undefined;
    if (!word.startsWith('-') && word.length < LONGEST_PROGRAM) {
      const more = secretOptions(baseName(word)).filter((one) => !mine.includes(one) && isOf(one));
      if (more.length > 0) options = [...mine, ...more];
    }
    return (before === undefined ? undefined : maskedAfter(before, word, mine)) ?? inside ?? maskedAlone(word, depth);
  });
  for (const at of hiddenOperands(words)) masked[at] = MASK;
  return masked;
}

/** Blanks, or a word with its quotation marks; one that has no partner stands alone. */
const SHELL_WORDS = /\s+|(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+|["'\\]/gs;
/** A command line in a command line in a command line. */
const DEEPEST = 4;
const QUOTED = /^(["'])(.*)\1$/s;

/** A command line in one word, such as that of `sh -c`. */
function redactCommand(text: string, depth: number): string {
  const pieces = text.match(SHELL_WORDS) ?? [];
  if (pieces.length < 2 && !QUOTED.test(text)) return text;
  const words = pieces.filter((piece) => !/^\s/.test(piece)).map((piece) => QUOTED.exec(piece)?.[2] ?? piece);
  const masked = redactWords(words, depth);
  let at = 0;
  return pieces
    .map((piece) => {
      if (/^\s/.test(piece)) return piece;
      const [word, shown] = [words[at], masked[at]];
      at++;
      const [, mark = ''] = QUOTED.exec(piece) ?? [];
      return shown === undefined || shown === word ? piece : `${mark}${shown}${mark}`;
    })
    .join('');
}
