/** Values of `--time`: forms of an event's time in a table. */
export const TIME_STYLES = ['local', 'utc', 'epoch', 'boot', 'delta'] as const;
export type TimeStyle = (typeof TIME_STYLES)[number];
