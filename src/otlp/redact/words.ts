/** Masks likely secrets in the words of a command line. */
import { hiddenOperands } from './operands.js';
import { type SecretOption, secretOptions } from './programs.js';
import { isSecretName, MASK, redactText } from './text.js';

export { MASK } from './text.js';

/** `--password=x`, `-Dapi.key=x`, `PGPASSWORD=x` */
const ASSIGNMENT = /^(-{0,2}[^=\s:/"'{]{1,128})=(.*)$/s;
/** `--password`, with its value in the next word. */
const OPTION = /^--?[A-Za-z][\w.-]*$/;
/** `aws_secret_access_key`, a name before its value, as in commands that change settings. */
const SETTING =
  /^[A-Za-z][\w-]*[._-](?:password|passwd|psk|secret|token|api_key|access_key)$|:_(?:auth|authToken|password)$/i;
/** Options with a name and a password, in the next word or the same one. */
const PAIR_OPTION = /^(?:-u|--(?:proxy-)?user|--userpass|--creds?|--auth|--basic-auth)$/;
const PAIR = /^[^:]*:(?!\/\/)/;
/** Numeric user and group, without a password: `1000:1000`. */
const IDS = /^\d+:\d+$/;
/** A header in curl(1)'s form, also attached to `-H`, whatever its value. */
const HEADER =
  /^((?:-\w{0,8}H)?(?:proxy-)?authorization|(?:-\w{0,8}H)?(?:set-)?cookie|[\w-]{0,40}(?:token|secret|api-?key|password)[\w-]{0,40})(\s{0,9}:\s{0,9}).+$/is;
/** openssl(1)'s notation of a literal password. */
const PASS = /^pass:.+$/s;

const afterSign = (value: string, sign: string): string => {
  const at = value.indexOf(sign);
  return at < 0 || at === value.length - 1 ? value : `${value.slice(0, at + 1)}${MASK}`;
};

/** Masks a word regardless of its neighbors. */
function maskedAlone(word: string, depth: number): string {
  const [, name = '', value = ''] = ASSIGNMENT.exec(word) ?? [];
  if (name !== '' && isSecretName(name)) return `${name}=${MASK}`;
  if (PAIR_OPTION.test(name) && !IDS.test(value)) return `${name}=${afterSign(value, ':')}`;
  // `--env=TOKEN=x`, `-var=token=x`
  if (name.startsWith('-') && ASSIGNMENT.test(value) && depth < DEEPEST)
    return `${name}=${maskedAlone(value, depth + 1)}`;
  const header = HEADER.exec(word);
  if (header) return `${header[1]}${header[2]}${MASK}`;
  if (PASS.test(word)) return `pass:${MASK}`;
  const text = redactText(word);
  return /\s/.test(text) && depth < DEEPEST ? redactCommand(text, depth + 1) : text;
}

/** Masks a word according to the preceding one; undefined if that does not apply. */
function maskedAfter(before: string, word: string, options: readonly SecretOption[]): string | undefined {
  for (const { option, isAttached, after, only } of options) {
    if (!isAttached && option.test(before) && only?.test(word) !== false)
      return after === undefined ? MASK : afterSign(word, after);
  }
  if (PAIR_OPTION.test(before) && PAIR.test(word) && !IDS.test(word)) return afterSign(word, ':');
  const isOption = OPTION.test(before) || SETTING.test(before);
  return isOption && isSecretName(before) && !word.startsWith('-') ? MASK : undefined;
}

/** Masks a word according to the options of its program; undefined if none applies. */
function maskedInside(word: string, options: readonly SecretOption[]): string | undefined {
  for (const { option, isAttached, after, only } of options) {
    const [, kept, value] = (isAttached && option.exec(word)) || [];
    if (kept !== undefined && value !== undefined && only?.test(value) !== false)
      return `${kept}${after === undefined ? MASK : afterSign(value, after)}`;
  }
  return undefined;
}

/** No program has a longer name. */
const LONGEST_PROGRAM = 256;
const baseName = (word: string) => word.slice(word.lastIndexOf('/') + 1);

/** Masks likely secrets in words: values of options, assignments, members, headers, and passwords in URLs. */
export function redactWords(words: readonly string[], depth = 0): string[] {
  // Another program may start this one: sudo, env, timeout, docker exec.
  let options: SecretOption[] = [];
  let isComplete = true;
  let all: ReadonlySet<string> | undefined;
  const isOf = ({ needs }: SecretOption) => {
    if (needs !== undefined) all ??= new Set(words);
    return needs === undefined || all?.has(needs);
  };
  const masked = words.map((word, i) => {
    // An option with an attached value does not apply to the next word.
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

/** Blanks, or a word with its quotation marks; an unmatched mark stands alone. */
const SHELL_WORDS = /\s+|(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+|["'\\]/gs;
/** Maximum nesting of command lines in words. */
const DEEPEST = 4;
const QUOTED = /^(["'])(.*)\1$/s;

/** Masks a command line in one word, as for `sh -c`. */
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
