/**
 * The environment of programs of the system: /usr/sbin, which is not on every PATH, is. Without the library of `make sanitize`,
 * under which bpftool, which copies the kernel's symbols for each program, takes minutes.
 */
export function systemEnvironment(): NodeJS.ProcessEnv {
  const { LD_PRELOAD: _, ...environment } = process.env;
  return { ...environment, PATH: `${environment.PATH ?? ''}:/usr/sbin:/sbin` };
}
