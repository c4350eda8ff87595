/** Edit distance: letters changed, added, dropped or swapped with their neighbor. */
function distance(from: string, to: string): number {
  let older: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const change = (last[j - 1] as number) + (isSame ? 0 : 1);
      let least = Math.min(change, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) least = Math.min(least, (older[j - 2] as number) + 1);
      row.push(least);
    }
    older = last;
    last = row;
  }
  return last[to.length] as number;
}

/** Common suffix of most names; a typo in it does not tell which one is meant. */
const FAMILY = 'snoop';

/** Distance of a word from a known one; a mistake outside the common suffix counts twice. */
function mistakes(word: string, known: string): number {
  if (!known.endsWith(FAMILY)) return 2 * distance(word, known);
  const stem = known.slice(0, -FAMILY.length);
  const cuts = Array.from({ length: word.length + 1 }, (_, at) => at);
  return Math.min(...cuts.map((at) => 2 * distance(word.slice(0, at), stem) + distance(word.slice(at), FAMILY)));
}

/** One typo, two in a long word. */
const forgiven = (known: string) => (known.replace(FAMILY, '').length < 7 ? 3 : 5);

const LEAST = 3;

/** The words that were likely meant: those that contain it, or the nearest one. */
export function closest(word: string, words: readonly string[]): string[] {
  const begun = words.filter((known) => word.length >= LEAST && known.startsWith(word));
  if (begun.length > 0) return begun;
  const near = words
    .map((known) => ({ known, far: mistakes(word, known) }))
    .filter(({ known, far }) => far <= forgiven(known))
    .sort((a, b) => a.far - b.far);
  if (near[0]) return [near[0].known];
  return words.filter((known) => word.length > LEAST && known.includes(word));
}

/** `; did you mean --pid?` for an unknown name; empty if none of the known ones is like it. */
export function suggestion(word: string, known: readonly string[], label = (name: string) => name): string {
  const [meant] = closest(word, known);
  return meant === undefined ? '' : `; did you mean ${label(meant)}?`;
}
