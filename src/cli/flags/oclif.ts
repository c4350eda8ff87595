import * as Flags from '@oclif/core/flags';
import type { FlagInput } from '@oclif/core/interfaces';
import type { Flag, FlagTable } from '../../trace/flags/flag.js';

/** oclif's flag of an entry. Values stay texts: parseFlags() converts them, so that a mistake is one line that names the flag. */
function oclifFlag(flag: Flag): FlagInput[string] {
  const { group, char, variables = [] } = flag;
  const summary = variables.length > 0 ? `${flag.summary} [env: ${variables.join(', ')}]` : flag.summary;
  // oclif accepts any character; its types have letters only.
  const common = { summary, ...(group && { helpGroup: group }), ...(char && { char: char as 'a' }) };
  switch (flag.form) {
    case 'switch':
      return Flags.boolean({
        ...common,
        ...(flag.isOn && { allowNo: true, default: true }),
      });
    case 'text': {
      const { value, words, default: usual } = flag;
      const option = { ...common, ...(value && { helpValue: value }), ...(usual !== undefined && { default: usual }) };
      return words ? Flags.option({ options: words })(option) : Flags.string(option);
    }
    case 'list':
      // One value each time: the next word is not a value, but may be a command without its `--`.
      return Flags.string({
        ...common,
        ...(flag.value && { helpValue: flag.value }),
        multiple: true,
        multipleNonGreedy: true,
      });
  }
}

/** oclif's flags of a table. */
export const oclifFlags = (table: FlagTable): FlagInput =>
  Object.fromEntries(Object.entries(table).map(([name, flag]) => [name, oclifFlag(flag)]));
