import { type GlobalVariable, readValue, type Value, writeValue } from '../btf/index.js';
import type { NativeObject } from '../native/binding.js';
import { check } from './errors.js';

/** A global variable of the C source. Constants (`const volatile`) can be set before load only. */
export class BpfGlobal {
  readonly name: string;
  /** `.rodata`, `.data` or `.bss` */
  readonly section: string;
  readonly #native: NativeObject;
  readonly #variable: GlobalVariable;

  /** @internal Made by `BpfObject`. */
  constructor(native: NativeObject, variable: GlobalVariable) {
    this.#native = native;
    this.#variable = variable;
    this.name = variable.name;
    this.section = variable.section;
  }

  /** Its type, as the C source declares it. */
  get shape(): GlobalVariable['shape'] {
    return this.#variable.shape;
  }

  #image(): Uint8Array {
    return check(this.#native.readImage(this.section), `cannot read ${this.name}`);
  }

  /** Its value: before load the initial one, after it the live one. */
  get(): Value {
    const image = this.#image();
    const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
    return readValue(this.#variable.shape, view, this.#variable.offset);
  }

  /** Sets its value. Throws BtfError when it does not fit the type, and BpfError for a constant after load. */
  set(value: Value): void {
    const bytes = new Uint8Array(this.#variable.size);
    writeValue(this.#variable.shape, new DataView(bytes.buffer), 0, value);
    const written = this.#native.writeImage(this.section, this.#variable.offset, bytes);
    check(written, `cannot set ${this.name}`);
  }
}
