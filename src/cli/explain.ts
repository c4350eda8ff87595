import { SnoopkitError } from '../errors.js';
import { errnoText } from '../kernel/errno.js';
import { visible } from '../mistake.js';

/** Additions of the command line to a message of the library, which knows no flags. */
interface Addition {
  readonly before?: string;
  readonly after?: string;
  /** The user's mistake: exit status 2. */
  readonly isUsage?: true;
}

/** By an error's code, with its `kind` if it has one. */
const ADDITIONS: Readonly<Record<string, Addition>> = {
  ERR_SNOOPKIT_USAGE: { isUsage: true },
  'ERR_SNOOPKIT_NOT_FOUND column': { before: '--fields: ', isUsage: true },
  'ERR_SNOOPKIT_NOT_FOUND metric attribute': { before: '--by ', isUsage: true },
  ERR_SNOOPKIT_OTHER_FORM: { after: ' (--truncate)', isUsage: true },
  ERR_SNOOPKIT_RING: { after: ' (--buffer)' },
  ERR_SNOOPKIT_KERNEL_BTF: { before: '--btf ' },
  'ERR_SNOOPKIT_UNSUPPORTED btf': { after: ' (--btf FILE)' },
  ERR_SNOOPKIT_HOOK_EXCLUDED: { after: ' (--hooks)' },
};

/** An error for the user: what is wrong, and the flag that helps. */
export interface Explanation {
  readonly text: string;
  readonly isUsage: boolean;
}

/** A failed call on a file, in the words of all messages; undefined for other errors, such as those of the network. */
function fileError({ errno, syscall, path }: NodeJS.ErrnoException): string | undefined {
  if (errno === undefined || path === undefined) return undefined;
  // That of a failed start is `spawn FILE`.
  return `cannot ${syscall?.split(' ')[0]} ${visible(path)}: ${errnoText(-errno)}`;
}

export function explain(error: Error): Explanation {
  if (!(error instanceof SnoopkitError)) return { text: fileError(error) ?? error.message, isUsage: false };
  const { code, message, kind } = error as SnoopkitError & { readonly kind?: string };
  const { before = '', after = '', isUsage = false } = ADDITIONS[kind === undefined ? code : `${code} ${kind}`] ?? {};
  return { text: `${before}${message}${after}`, isUsage };
}
