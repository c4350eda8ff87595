/** What of a command's words is told: values that look secret are masked, for command lines are where secrets leak. */

export const MASK = '[REDACTED]';

const SECRET =
  /pass(?:w(?:or)?d|phrase|code)?$|passw|secret|token|(?:api|access|private)[-_.]?key|auth(?:orization)?$|credential|cookie|bearer/i;
/** `--password=x`, `-Dapi.key=x`, `PGPASSWORD=x` */
const ASSIGNMENT = /^(-{0,2}[^=\s:/]*)=(.*)$/s;
/** `--password`, whose value is the next word. */
const OPTION = /^--?[A-Za-z][\w.-]*$/;
/** A name and a password in a URL. */
const URL_PASSWORD = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*):[^\s/@]+@/gi;
/** A header as curl(1) takes it. */
const HEADER = /^((?:proxy-)?authorization|cookie|set-cookie|[\w-]*(?:token|secret|api-?key)[\w-]*)(\s*:\s*).+$/is;

function masked(word: string): string {
  const assignment = ASSIGNMENT.exec(word);
  if (assignment && SECRET.test(assignment[1] as string)) return `${assignment[1]}=${MASK}`;
  const header = HEADER.exec(word);
  if (header) return `${header[1]}${header[2]}${MASK}`;
  return word.replace(URL_PASSWORD, `$1:${MASK}@`);
}

/** The words with what looks secret in them masked: values of options, assignments, headers and passwords in URLs. */
export function redactWords(words: readonly string[]): string[] {
  return words.map((word, i) => {
    const before = words[i - 1];
    const isValue = before !== undefined && OPTION.test(before) && SECRET.test(before) && !word.startsWith('-');
    return isValue ? MASK : masked(word);
  });
}
