import type { FlagTable } from '../flags/flag.js';
import type { HookPoint } from '../hook-point.js';
import type { ToolFlag } from '../tool-flag.js';

/** The part of a tool's definition that its feature flags may depend on. */
export interface FlagOwner {
  readonly tally?: { readonly flag?: string; readonly interval?: string } | undefined;
}

/**
 * Something that several tools share, as data. It is one folder: this in feature.ts, its C headers, and what user space does
 * for it in a run in steps.ts (steps.ts beside this file). A tool has the features that it names, those that they need, and
 * those of every tool.
 */
export interface Feature {
  /** Whether tools have it without naming it. */
  readonly isInEveryTool?: true;
  /** Features whose headers its own include. */
  readonly needs?: readonly string[];
  /** Title and introduction of its flags in snoopkit-options(7), if not every tool has them; features may share a title. */
  readonly manual?: { readonly title: string; readonly text?: string };
  /** Its flags, which are options of trace(), too. */
  readonly flags?: FlagTable;
  /** Its flags that have a meaning on the command line alone. */
  readonly cliFlags?: FlagTable;
  /** Flags of these tables in other words, for one tool. */
  readonly flagsOf?: (tool: FlagOwner) => FlagTable;
  /** Flags that become a tool's own: each sets a constant of the headers. */
  readonly toolFlags?: Readonly<Record<string, ToolFlag>>;
  /** Descriptions of the columns that it adds to a tool's events. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly caveats?: readonly string[];
  /** Hook points of its programs. */
  readonly hooks?: Readonly<Record<string, HookPoint>>;
  /** Its programs that belong to no hook point: its steps load and attach them. */
  readonly programs?: readonly string[];
  /** Time to wait for events after the last traced process has ended, in milliseconds. */
  readonly lingersMs?: number;
}

/** Checks a feature, and keeps its names and the types of its flags. */
export const defineFeature = <const F extends Feature>(feature: F): F => feature;
