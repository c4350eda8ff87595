import type { CommandWords, FlagWords, ValueKind } from './completion.js';

const quote = (text: string) => `'${text.replaceAll(/[\\']/g, '\\$&')}'`;

/** How fish lists values of a kind. */
function listing(kind: ValueKind): string {
  if (typeof kind !== 'string') return ` -a ${quote(kind.join(' '))}`;
  const lists = { file: ' -F', folder: " -a '(__fish_complete_directories)'", user: " -a '(__fish_complete_users)'" };
  return kind === 'other' ? '' : lists[kind];
}

function flagLines(command: string, flag: FlagWords): string[] {
  const start = `complete -c snoopkit -n '__snoopkit_in ${command}'`;
  const told = ` -d ${quote(flag.summary)}`;
  const short = flag.char ? ` -s ${flag.char}` : '';
  if (flag.value === undefined) {
    const negated = flag.isNegatable ? [`${start} -l no-${flag.name}${told}`] : [];
    return [`${start} -l ${flag.name}${short}${told}`, ...negated];
  }
  // Without either, a value must follow an equals sign.
  const required = flag.value === 'file' ? ' -r' : ' -x';
  return [`${start} -l ${flag.name}${short}${flag.isValueOptional ? '' : required}${listing(flag.value)}${told}`];
}

function commandLines({ name, summary, flags, words }: CommandWords): string[] {
  const argument = `complete -c snoopkit -n '__snoopkit_in ${name}' -a ${quote(words.join(' '))}`;
  return [
    `complete -c snoopkit -n __snoopkit_first -a ${name} -d ${quote(summary)}`,
    ...(words.length > 0 ? [argument] : []),
    ...flags.flatMap((flag) => flagLines(name, flag)),
  ];
}

/** Completions for fish. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  return `# fish completion for snoopkit. To use it: snoopkit completion fish | source
function __snoopkit_first
    test (count (commandline -opc)) -eq 1
end
function __snoopkit_in
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $argv[1]; and not contains -- -- $words
end
# What follows -- is a command line of its own.
function __snoopkit_traced
    contains -- -- (commandline -opc)
end
function __snoopkit_complete_traced
    set -l words (commandline -opc)
    set -l start (math (contains -i -- -- $words) + 1)
    set -l line (string escape -- $words[$start..-1]) (commandline -ct)
    complete -C (string join ' ' -- $line)
end
complete -c snoopkit -f
complete -c snoopkit -n __snoopkit_first -l help -s h -d 'list the commands'
complete -c snoopkit -n __snoopkit_first -l version -d 'print the version'
complete -c snoopkit -n __snoopkit_traced -a '(__snoopkit_complete_traced)'
${commands.flatMap((command) => commandLines(command)).join('\n')}
`;
}
