import { release } from 'node:os';

/** Whether the running kernel has this version or a newer one. */
export function kernelIsSince(major: number, minor: number): boolean {
  const [runs = 0, its = 0] = release().split('.').map(Number);
  return runs > major || (runs === major && its >= minor);
}
