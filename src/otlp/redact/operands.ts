/** Operands that are secret by position, after a program and its subcommand: `vault login TOKEN`. */

const baseName = (word: string) => word.slice(word.lastIndexOf('/') + 1);

/** Programs that start another one. */
const STARTERS = new Set(
  'sudo doas su env exec command time timeout nice ionice nohup setsid stdbuf chroot nsenter unshare strace xargs watch ssh docker podman nerdctl kubectl'.split(
    ' ',
  ),
);
/** End of a command in shell text, and words before the next command. */
const SEPARATOR = /[;|&]$/;
const KEYWORD = /^(?:then|do|else|!|\{|\(|\w+=.*)$/s;

interface Operands {
  readonly program: RegExp;
  /** Pattern of the words after the program, joined by blanks; pattern of a required option. */
  readonly subcommand?: RegExp;
  readonly option?: RegExp;
  /** Only the last operand; otherwise, the first ones after the subcommand: as many as this, by default all. */
  readonly isLast?: true;
  readonly count?: number;
}

const OPERANDS: readonly Operands[] = [
  { program: /^(?:htpasswd|mosquitto_passwd)$/, option: /^-(?![A-Za-z]*D)[A-Za-z]*b/, isLast: true },
  { program: /^rabbitmqctl$/, subcommand: /(?:^| )(?:add_user|change_password|authenticate_user) /, isLast: true },
  { program: /^(?:redis|valkey|keydb)-cli$/, subcommand: /(?:^| )auth \S/i, isLast: true },
  { program: /^wpa_passphrase$/, subcommand: /^\S+ \S/, isLast: true },
  { program: /^openssl$/, subcommand: /^passwd / },
  { program: /^mkpasswd$/, subcommand: /^/, count: 1 },
  { program: /^qpdf$/, subcommand: /^(?:\S+ )*?--encrypt /, count: 2 },
  { program: /^ansible-vault$/, subcommand: /^encrypt_string / },
  { program: /^rclone$/, subcommand: /^obscure / },
  { program: /^mc$/, subcommand: /^(?:alias set|config host add) \S+ \S+ / },
  { program: /^samba-tool$/, subcommand: /^user (?:create|add) \S+ /, count: 1 },
  { program: /^(?:ejabberdctl|prosodyctl)$/, subcommand: /^(?:register|change_password) \S+ \S+ /, count: 1 },
  { program: /^(?:composer|poetry)$/, subcommand: /^config (?:-\S+ )*http-basic\.\S+ \S+ /, count: 1 },
  { program: /^pulumi$/, subcommand: /^config set (?:-\S+ )*\S+ /, option: /^--secret$/, count: 1 },
  { program: /^(?:vault|bao)$/, subcommand: /^(?:login|unwrap|token (?:lookup|renew|revoke)|operator unseal) / },
];
const ANY = new RegExp(OPERANDS.map(({ program }) => program.source).join('|'));

/** Options, mostly of vault(1), whose value is the next word. */
const TAKES_VALUE =
  /^--?(?:m|S|R|salt|rounds|vault-id|vault-password-file|n|name|stack|s|method|path|address|agent-address|namespace|ns|format|field|increment|header|mode|ca-cert|ca-path)$/;

function startsCommand(words: readonly string[], at: number): boolean {
  const before = words[at - 1];
  return (
    before === undefined || SEPARATOR.test(before) || KEYWORD.test(before) || STARTERS.has(baseName(words[0] ?? ''))
  );
}

/** Number of words after the program in which its subcommand and options are searched. */
const NEAR = 16;

/** End of the command that begins at `start`: before a shell operator, or after a word that ends in one. */
function endOf(words: readonly string[], start: number): number {
  let at = start;
  while (at < words.length && !SEPARATOR.test(words[at] ?? '')) at++;
  return at === words.length || /^[;|&]+$/.test(words[at] ?? '') ? at : at + 1;
}

function* hiddenIn(words: readonly string[], start: number, end: number): Generator<number> {
  const program = baseName(words[start] ?? '');
  const rest = words.slice(start + 1, Math.min(end, start + 1 + NEAR));
  const joined = `${rest.join(' ')} `;
  for (const { program: name, subcommand, option, isLast, count = Infinity } of OPERANDS) {
    if (!name.test(program)) continue;
    const [begin] = subcommand?.exec(joined) ?? [];
    if (subcommand && begin === undefined) continue;
    if (option && (!rest.some((word) => option.test(word)) || rest.includes('-D'))) continue;
    if (isLast) {
      yield end - 1;
      continue;
    }
    let left = count;
    for (let at = start + (begin ?? '').split(' ').length; at < end && left > 0; at++) {
      const word = words[at] ?? '';
      if (!/^-|^[\w-]+=[^=]|^[;|&]+$/.test(word) && !TAKES_VALUE.test(words[at - 1] ?? '')) {
        yield at;
        left--;
      }
    }
  }
}

/** Indexes of secret operands. */
export function hiddenOperands(words: readonly string[]): number[] {
  const hidden: number[] = [];
  let end = 0;
  for (let start = 0; start < words.length; start++) {
    const word = words[start] ?? '';
    if (word.length > 256 || !ANY.test(baseName(word)) || !startsCommand(words, start)) continue;
    if (start >= end) end = endOf(words, start);
    const more = [...hiddenIn(words, start, end)];
    if (more.length === 0) continue;
    for (const at of more) hidden.push(at);
    start = end - 1;
  }
  return hidden;
}
