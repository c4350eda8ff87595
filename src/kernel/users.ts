import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** One line of passwd(5) or group(5): the name and the id stand in the same places. */
function parse(line: string): [name: string, id: number] | undefined {
  const [name, , id] = line.split(':');
  return name && id && /^\d+$/.test(id) ? [name, Number(id)] : undefined;
}

/** Users or groups by id and by name, read once from the files and then, for what they lack, from NSS. */
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
      // A container may have none: NSS is asked, and then the number has to do.
    }
    for (const line of text.split('\n')) this.#add(parse(line));
  }

  #add(entry: [string, number] | undefined): void {
    if (!entry) return;
    const [name, id] = entry;
    // The first line of several wins, as with getpwuid(3).
    if (!this.#names.has(id)) this.#names.set(id, name);
    if (!this.#ids.has(name)) this.#ids.set(name, id);
  }

  /** getent(1) asks LDAP and the like, too; it may be missing, as on Alpine. */
  #ask(key: string): void {
    try {
      const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
      this.#add(parse(execFileSync('getent', [this.#database, key], { encoding: 'utf8', timeout: 2000, stdio })));
    } catch {
      // Not known there either.
    }
  }

  /** The name of an id, undefined where it has none. */
  name(id: number): string | undefined {
    if (!this.#names.has(id)) {
      this.#ask(String(id));
      if (!this.#names.has(id)) this.#names.set(id, undefined);
    }
    return this.#names.get(id);
  }

  /** The id of a name, undefined when there is no such name. */
  id(name: string): number | undefined {
    if (!this.#ids.has(name)) {
      this.#ask(name);
      if (!this.#ids.has(name)) this.#ids.set(name, undefined);
    }
    return this.#ids.get(name);
  }
}
