import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Parses a line of passwd(5) or group(5), which have name and ID in the same fields. */
function parse(line: string): [name: string, id: number] | undefined {
  const [name, , id] = line.split(':');
  return name && id && /^\d+$/.test(id) ? [name, Number(id)] : undefined;
}

/** Users or groups by ID and by name: from the file, read once, then from NSS. */
export class NameDatabase {
  #names = new Map<number, string | undefined>();
  #ids = new Map<string, number | undefined>();
  #database: 'passwd' | 'group';

  constructor(database: 'passwd' | 'group', file = `/etc/${database}`) {
    this.#database = database;
    let text = '';
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      // A container may lack the file. NSS is tried then, and otherwise the number is shown.
    }
    for (const line of text.split('\n')) this.#add(parse(line));
  }

  #add(entry: [string, number] | undefined): void {
    if (!entry) return;
    const [name, id] = entry;
    // The first of several lines applies, as with getpwuid(3).
    if (!this.#names.has(id)) this.#names.set(id, name);
    if (!this.#ids.has(name)) this.#ids.set(name, id);
  }

  /** Asks getent(1), which also queries LDAP and the like. It may be missing, as on Alpine. */
  #ask(key: string): void {
    try {
      const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
      this.#add(parse(execFileSync('getent', [this.#database, key], { encoding: 'utf8', timeout: 2000, stdio })));
    } catch {
      // Unknown to NSS, too.
    }
  }

  /** The name of an ID; undefined if it has none. */
  name(id: number): string | undefined {
    if (!this.#names.has(id)) {
      this.#ask(String(id));
      if (!this.#names.has(id)) this.#names.set(id, undefined);
    }
    return this.#names.get(id);
  }

  /** The ID of a name; undefined if there is no such name. */
  id(name: string): number | undefined {
    if (!this.#ids.has(name)) {
      this.#ask(name);
      if (!this.#ids.has(name)) this.#ids.set(name, undefined);
    }
    return this.#ids.get(name);
  }
}
