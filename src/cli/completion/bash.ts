import { type CommandWords, type FlagWords, type ValueKind, writtenForms } from './completion.js';

/** How bash lists values of a kind; undefined where it can't. */
function listing(kind: ValueKind): string | undefined {
  if (kind === 'other') return undefined;
  if (kind === 'file') return 'files=1';
  if (kind === 'folder') return 'files=1 action=directory';
  return kind === 'user' ? 'action=user' : `words='${kind.join(' ')}'`;
}

/** Most flags mean the same in all commands, so that one line covers them. */
function valueCases(commands: readonly CommandWords[]): string[] {
  const cases = new Map<string, Set<string>>();
  const all = commands.flatMap(({ name, flags }) => flags.map((flag) => ({ name, flag })));
  const kindsOf = (form: string) =>
    new Set(all.filter(({ flag }) => writtenForms(flag).includes(form)).map(({ flag }) => String(flag.value)));
  for (const { name, flag } of all) {
    if (flag.value === undefined) continue;
    // An optional value must be given as --flag=VALUE; the next word is not its value.
    const key = `${flag.isValueOptional ? 'attached' : ''} ${listing(flag.value) ?? 'words='}`;
    const patterns = cases.get(key) ?? new Set();
    for (const form of forms(flag)) patterns.add(kindsOf(form).size > 1 ? `'${name} ${form}'` : `*' ${form}'`);
    cases.set(key, patterns);
  }
  return [...cases].map(([key, patterns]) => {
    const [attached, list = ''] = [key.startsWith('attached'), key.slice(key.indexOf(' ') + 1)];
    const condition = attached ? '[[ $attached ]] || value= ; ' : '';
    return `        ${[...patterns].join(' | ')}) ${condition}${list} ;;`;
  });
}

/** A flag with an optional value: only the value of the long form can be completed. */
function forms(flag: FlagWords): string[] {
  const written = writtenForms(flag);
  return flag.isValueOptional ? written.filter((form) => form.startsWith('--')) : written;
}

/** A completion function for bash, without dependencies. */
export function bashCompletion(commands: readonly CommandWords[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const flags = commands.map(
    ({ name, flags: all, words }) =>
      `        ${name}) words='${[...words, ...all.flatMap((flag) => writtenForms(flag))].join(' ')}' ;;`,
  );
  return `# bash completion for snoopkit. To use it: source <(snoopkit completion bash)
_snoopkit() {
    local cur=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]-} flag= attached= prefix= words= action= files= value=1 i
    COMPREPLY=()
    # What follows -- is a command line of its own.
    for ((i = 2; i < COMP_CWORD; i++)); do
        [[ \${COMP_WORDS[i]} == -- ]] || continue
        if declare -F _command_offset >/dev/null; then
            _command_offset $((i + 1))
        elif ((COMP_CWORD == i + 1)); then
            mapfile -t COMPREPLY < <(compgen -c -- "$cur")
        else
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            compopt -o filenames 2>/dev/null
        fi
        return
    done
    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W '${names} --help --version' -- "$cur")
        return
    fi
    # Readline usually splits --flag=value at the equals sign, but may be told not to.
    if [[ $cur == = ]]; then
        flag=\${COMP_WORDS[COMP_CWORD - 1]} attached=1 cur=
    elif [[ \${COMP_WORDS[COMP_CWORD - 1]} == = ]]; then
        flag=\${COMP_WORDS[COMP_CWORD - 2]} attached=1
    elif [[ $cur == --*=* ]]; then
        flag=\${cur%%=*} attached=1 prefix=\${cur%%=*}= cur=\${cur#*=}
    else
        flag=\${COMP_WORDS[COMP_CWORD - 1]}
    fi
    case "$command $flag" in
${valueCases(commands).join('\n')}
        *) value= ;;
    esac
    if [[ ! $value ]]; then
        words= action= files=
        case $command in
${flags.join('\n')}
        esac
    fi
    if [[ $files ]]; then
        mapfile -t COMPREPLY < <(compgen -A "\${action:-file}" -- "$cur")
        compopt -o filenames 2>/dev/null
    elif [[ $action ]]; then
        mapfile -t COMPREPLY < <(compgen -A "$action" -- "$cur")
    else
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    fi
    COMPREPLY=("\${COMPREPLY[@]/#/$prefix}")
}
complete -F _snoopkit snoopkit
`;
}
