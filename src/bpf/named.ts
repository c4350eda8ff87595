import { NotFoundError } from '../errors.js';
import { checkText } from './arguments.js';

/**
 * The maps, programs or variables of an object, by name, in the order of the object. `Members` are the names that it has,
 * where they are known to the compiler, with the type of each.
 */
export class Named<T extends { readonly name: string }, Members extends object = Record<string, T>> extends Map<
  string,
  T
> {
  readonly #kind: string;
  readonly #absent: ReadonlyMap<string, string>;

  /** @internal `kind` is the word of messages; `absent` has messages for names that are not here, though the object has them. */
  constructor(kind: string, members: Iterable<T>, absent: ReadonlyMap<string, string> = new Map()) {
    super();
    for (const member of members) this.set(member.name, member);
    this.#kind = kind;
    this.#absent = absent;
  }

  /** @internal The members that were loaded, of those that the object has. */
  static loaded<T extends { readonly name: string }, Members extends object>(
    kind: string,
    members: readonly (T | undefined)[],
    names: Iterable<string>,
  ): Named<T, Members> {
    const loaded = members.filter((member) => member !== undefined);
    return new Named(kind, loaded, new Map([...names].map((name) => [name, `${kind} ${name} was not loaded`])));
  }

  /** Like `get`, but throws NotFoundError, which lists the names that exist. Throws UsageError if it is not a string. */
  need<Name extends keyof Members & string>(name: Name): Members[Name] {
    const found = this.get(name);
    if (found !== undefined) return found as unknown as Members[Name];
    checkText(`${this.#kind} name`, name);
    const message = this.#absent.get(name);
    throw message === undefined
      ? NotFoundError.among(this.#kind, name, this.keys())
      : new NotFoundError(this.#kind, name, message);
  }
}
