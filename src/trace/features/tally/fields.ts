import type { SigsnoopCount } from '../../tool-types.js';

/** Descriptions of the columns of struct tally (tally.h), which every aggregating tool has. */
export const TALLY_FIELDS = {
  time: 'time of the report: RFC 3339 in UTC with nanoseconds in JSON, as --time selects in a table',
  interval: 'duration covered by the report, up to its time: nanoseconds in JSON',
  cgroup:
    'cgroup (v2) of the process, as a path; rows are grouped by it if --fields names it, or with output to a collector',
} as const satisfies { readonly [Column in keyof SigsnoopCount]?: string };
