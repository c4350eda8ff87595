import { SnoopkitError, UsageError } from '../../errors.js';
import type { Signal } from '../types.js';

/** The longest time that a timer takes, and the largest number that the specification wants taken. */
const LARGEST = 2 ** 31 - 1;

/** Where a setting comes from. */
export interface Source {
  /** Of the option or the variable. */
  readonly name: string;
  /** An option, not a variable. */
  readonly isOption?: true;
}

/** A text, and the option or the variable that it comes from. */
export interface Given extends Source {
  readonly text: string;
}

/**
 * The error for an option (UsageError) or a variable (`ERR_SNOOPKIT_OTLP_SETTING`) that makes it pointless to begin. `why`
 * must not have what could be secret.
 */
export function wrongSetting({ name, isOption }: Source, why: string, options?: ErrorOptions): SnoopkitError {
  const message = `${name}: ${why}`;
  return isOption ? new UsageError(message, options) : new SnoopkitError('OTLP_SETTING', message, options);
}

/** The variables of a setting of the exporter: that of the signal, and that of all signals. */
export const exporterNames = (signal: Signal, setting: string): readonly [string, string] => [
  `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${setting}`,
  `OTEL_EXPORTER_OTLP_${setting}`,
];

/** Control characters and their like: a warning is one line, and no terminal obeys it. */
const UNSHOWN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const shown = ({ name, text }: Given) => `${name}=${text.slice(0, 40).replace(UNSHOWN, '?')}`;

/**
 * The variables, read as the specification has it (configuration/sdk-environment-variables.md): an empty one is not set,
 * and one that makes no sense is warned of and ignored, so that the next of `names` counts.
 */
export class Environment {
  readonly #variables: Readonly<Record<string, string | undefined>>;
  readonly #warnings = new Set<string>();

  constructor(variables: Readonly<Record<string, string | undefined>>) {
    this.#variables = variables;
  }

  /** A line each; one, too, for a variable that several signals ask for. */
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

  /** The first of these that is set. */
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

  /** A whole number of at least `least`. */
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

  /** What a word stands for, in capitals or not. */
  choice<T>(names: readonly string[], choices: ReadonlyMap<string, T>): T | undefined {
    for (const given of this.#given(names)) {
      const choice = choices.get(given.text.toLowerCase());
      if (choice !== undefined) return choice;
      this.warn(`${shown(given)}: ignored, supported: ${[...choices.keys()].join(', ')}`);
    }
    return undefined;
  }
}
