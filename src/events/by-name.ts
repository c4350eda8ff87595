/** Values by name: of any names, or of some of those that are known. */
export type ByName<Name extends string, T> = string extends Name
  ? Readonly<Record<string, T>>
  : { readonly [Each in Name]?: T };
