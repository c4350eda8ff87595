import { UsageError } from '../../../errors.js';
import { wrongValue } from '../../../mistake.js';

/** CONTAINER_IDS_MAX and CONTAINER_ID_LENGTH of container-filter.h. */
export const CONTAINER_IDS_MAX = 16;
export const CONTAINER_ID_LENGTH = 64;

/** Runtimes show as many digits of an id. */
const FEWEST_DIGITS = 12;

/** Ids of containers or what they begin with, in repeated flags or comma-separated. Throws a UsageError that names the flag. */
export function parseContainers(flag: string, texts: readonly string[]): string[] {
  const ids = texts.flatMap((text) => text.split(',')).map((text) => text.trim().toLowerCase());
  for (const id of ids)
    if (!/^[0-9a-f]+$/.test(id) || id.length < FEWEST_DIGITS || id.length > CONTAINER_ID_LENGTH)
      throw wrongValue(
        flag,
        id,
        `expected the id of a container: ${FEWEST_DIGITS} to ${CONTAINER_ID_LENGTH} hexadecimal digits`,
      );
  const unique = [...new Set(ids)];
  if (unique.length > CONTAINER_IDS_MAX)
    throw new UsageError(`${flag}: ${unique.length} values, at most ${CONTAINER_IDS_MAX} are allowed`);
  return unique;
}
