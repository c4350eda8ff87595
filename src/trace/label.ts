/** How errors name an option: `--max-events` on the command line. */
export type Label = (name: string) => string;
