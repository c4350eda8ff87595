import { readFileSync } from 'node:fs';

/** Number of online CPUs. Source: Documentation/ABI/testing/sysfs-devices-system-cpu. */
export function onlineCpus(file = '/sys/devices/system/cpu/online'): number {
  const ranges = readFileSync(file, 'utf8').trim().split(',');
  return ranges.reduce((sum, range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return sum + last - first + 1;
  }, 0);
}
