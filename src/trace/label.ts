/** Name of an option in errors: `--max-events` on the command line. */
export type Label = (name: string) => string;
