import { defineFeature } from '../feature.js';

/** Paths of cgroups that are created or removed during a run. */
export const feature = defineFeature({ isInEveryTool: true, programs: ['cgroup_mkdir', 'cgroup_rmdir'] });
