import { NotFoundError } from '../errors.js';
import type { Column } from '../events/column.js';
import type { View } from './features/tally/tally.js';

/** The columns of these names, in that order. Throws NotFoundError for an unknown one. */
function pick(names: readonly string[], all: readonly Column[]): Column[] {
  return names.map((name) => {
    const column = all.find((candidate) => candidate.name === name);
    if (column) return column;
    throw NotFoundError.among(
      'column',
      name,
      all.map((known) => known.name),
    );
  });
}

/**
 * The columns to show: `usual`, or those in `fields`, comma-separated (`+name` adds to the usual ones). `withTime` puts the
 * time first, unless it is among them. Throws NotFoundError for a column that isn't there.
 */
export function chooseColumns(
  all: readonly Column[],
  usual: readonly string[],
  fields: string | undefined,
  withTime: boolean,
): Column[] {
  const wanted = fields?.split(',').map((name) => name.trim()) ?? [];
  const added = wanted.filter((name) => name.startsWith('+')).map((name) => name.slice(1));
  const named = wanted.filter((name) => !name.startsWith('+'));
  const names = named.length > 0 ? named : [...usual];
  // The last of the usual columns is the one without a limit: added ones go before it.
  const at = named.length > 0 ? names.length : names.length - 1;
  names.splice(at, 0, ...added.filter((name) => !names.includes(name)));
  if (withTime && !names.includes('time')) names.unshift('time');
  return pick(names, all);
}

/** The names in such a list, without the plus signs. */
export function requestedFields(fields: string | undefined): string[] {
  return fields?.split(',').map((name) => name.trim().replace(/^\+/, '')) ?? [];
}

/** Columns for a table, which shows the file tried by a failed call: a shell tries one in each folder of PATH. */
export function withTried(columns: readonly Column[], all: readonly Column[], { tried }: View): readonly Column[] {
  const find = (name: string | undefined) => all.find((column) => column.name === name);
  const [path, error] = [find(tried?.path), find('error')];
  if (path?.kind !== 'text' || error?.kind !== 'plain') return columns;
  return columns.map((column) => {
    if (column.kind !== 'list' || column.name !== tried?.words) return column;
    const locateFirst: typeof column.locateFirst = (record, span) => {
      if (error.isPresent?.(record) === false) return false;
      path.locate(record, span);
      return !span.isMissing;
    };
    return { ...column, locateFirst };
  });
}
