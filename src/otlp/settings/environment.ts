import { SnoopkitError, UsageError } from '../../errors.js';

/** The maximum of timers, and the largest number that the specification demands. */
export const LARGEST = 2 ** 31 - 1;

/** Origin of a setting. */
export interface Source {
  /** Name of the option or variable. */
  readonly name: string;
  /** Set for an option. */
  readonly isOption?: true;
}

/** A text and its origin. */
export interface Given extends Source {
  readonly text: string;
}

/**
 * Error for an invalid option (UsageError) or variable (`ERR_SNOOPKIT_OTLP_SETTING`). `why` must contain no secrets.
 */
export function wrongSetting({ name, isOption }: Source, why: string, options?: ErrorOptions): SnoopkitError {
  const message = `${name}: ${why}`;
  return isOption ? new UsageError(message, options) : new SnoopkitError('OTLP_SETTING', message, options);
}

/** Control and format characters, which must not reach a terminal or break a warning's line. */
const UNSHOWN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const shown = ({ name, text }: Given) => `${name}=${text.slice(0, 40).replace(UNSHOWN, '?')}`;

/**
 * Environment variables, read as the specification demands (configuration/sdk-environment-variables.md): an empty one
 * counts as unset; an invalid one is ignored with a warning, and the next of `names` applies.
 */
export class Environment {
  readonly #variables: Readonly<Record<string, string | undefined>>;
  readonly #warnings = new Set<string>();

  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.#variables = variables;
  }

  /** One line each. A variable shared by several signals causes one warning. */
  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  warn(text: string): void {
    this.#warnings.add(text);
  }

  *#given(names: readonly string[]): Generator<Given> {
    for (const name of names) {
      const text = this.#variables[name]?.trim();
      if (text) yield { name, text };
    }
  }

  /** The first variable that is set. */
  first(...names: readonly string[]): Given | undefined {
    return this.#given(names).next().value ?? undefined;
  }

  isTrue(...names: readonly string[]): boolean {
    const given = this.first(...names);
    const text = given?.text.toLowerCase();
    if (given && text !== 'true' && text !== 'false')
      this.warn(`${shown(given)}: taken as false, expected true or false`);
    return text === 'true';
  }

  /** An integer of at least `least`. */
  integer(names: readonly string[], least: number): number | undefined {
    for (const given of this.#given(names)) {
      const value = /^\d+$/.test(given.text) ? Number(given.text) : Number.NaN;
      if (value >= least && value <= LARGEST) return value;
      this.warn(`${shown(given)}: ignored, expected an integer from ${least} to ${LARGEST}`);
    }
    return undefined;
  }

  /** Milliseconds; Infinity for 0, which means no limit. */
  timeout(names: readonly string[]): number | undefined {
    const value = this.integer(names, 0);
    return value === 0 ? Number.POSITIVE_INFINITY : value;
  }

  /** The choice for a word, regardless of case. */
  choice<T>(names: readonly string[], choices: ReadonlyMap<string, T>): T | undefined {
    for (const given of this.#given(names)) {
      const choice = choices.get(given.text.toLowerCase());
      if (choice !== undefined) return choice;
      this.warn(`${shown(given)}: ignored, supported: ${[...choices.keys()].join(', ')}`);
    }
    return undefined;
  }
}
