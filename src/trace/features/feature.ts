import type { BpfObject } from '../../bpf/object.js';
import type { FilterOptions } from './filter/filter-options.js';

/** What features need to know of a run. */
export interface FeatureRun {
  readonly filters: FilterOptions;
  /** The process that will execute the traced command, if any. */
  readonly launched: number | undefined;
  /** Whether cgroups are shown or exported: then their creation and removal are tracked. */
  readonly hasCgroups: boolean;
}

/**
 * Something that several tools share: a C header of bpf/include/, and what user space does for it. Steps are called in the
 * order of the features, each with an object that includes the header.
 */
export interface Feature {
  /** Whether the object includes the header; left out for one that every tool includes. */
  isIn?(object: BpfObject): boolean;
  /** The programs of the header that belong to no hook point: the feature loads and attaches them itself. */
  readonly programs?: readonly string[];
  /** Before load: constants, sizes of maps, and which of its programs are loaded. */
  configure?(object: BpfObject, run: FeatureRun): void;
  /** After load, before the tool's own programs are attached: contents of maps, and its own programs. */
  start?(object: BpfObject, run: FeatureRun): void;
  /** After the tool's own programs are attached. */
  attached?(object: BpfObject, run: FeatureRun): void;
}
