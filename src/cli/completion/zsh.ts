import type { CommandWords, FlagWords, ValueKind } from './completion.js';

/** How zsh lists values of a kind. */
function listing(kind: ValueKind): string {
  if (typeof kind !== 'string') return `(${kind.join(' ')})`;
  return { file: '_files', folder: '_files -/', user: '_users', other: ' ' }[kind];
}

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
const protect = (text: string) => text.replaceAll(/[[\]:\\]/g, '\\$&');

/** Specifications for _arguments: one for each form of the flag. */
function specs(flag: FlagWords): string[] {
  const { name, char, value, isNegatable, isRepeatable, isValueOptional } = flag;
  const written = [`--${name}`, ...(isNegatable ? [`--no-${name}`] : []), ...(char ? [`-${char}`] : [])];
  const excluded = isRepeatable ? '*' : `(${written.join(' ')})`;
  return written.map((form) => {
    const told = `[${protect(flag.summary)}]`;
    const isLong = form.startsWith('--');
    if (value === undefined || (isValueOptional && !isLong)) return quote(`${excluded}${form}${told}`);
    const message = `:${name}:${listing(value)}`;
    if (isValueOptional) return quote(`${excluded}${form}=-${told}:${message}`);
    return quote(`${excluded}${form}${isLong ? '=' : '+'}${told}${message}`);
  });
}

function commandCase({ name, flags, words }: CommandWords): string {
  const all = flags.flatMap((flag) => specs(flag));
  if (words.length > 0) all.push(quote(`1: :(${words.join(' ')})`));
  return `    ${name})\n      _arguments -s ${all.map((spec) => `\\\n        ${spec}`).join(' ')}\n      ;;`;
}

/** A completion function for zsh. */
export function zshCompletion(commands: readonly CommandWords[]): string {
  const described = commands.map(({ name, summary }) => `      ${quote(`${name}:${summary.replaceAll(':', '\\:')}`)}`);
  return `#compdef snoopkit
# zsh completion for snoopkit. To use it: source <(snoopkit completion zsh), after compinit
_snoopkit() {
  local -a known
  local traced=\${words[(i)--]}
  # What follows -- is a command line of its own.
  if (( CURRENT > traced )); then
    shift $traced words
    (( CURRENT -= traced ))
    _normal -p snoopkit
    return
  fi
  if (( CURRENT == 2 )); then
    known=(
${described.join('\n')}
    )
    _describe command known
    _arguments '--help[list the commands]' '--version[print the version]'
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${commands.map((command) => commandCase(command)).join('\n')}
  esac
}
if [ "$funcstack[1]" = _snoopkit ]; then
  _snoopkit "$@"
else
  compdef _snoopkit snoopkit
fi
`;
}
