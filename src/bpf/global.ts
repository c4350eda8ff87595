import { types } from 'node:util';
import { type GlobalVariable, type Input, readValue, type Value, writeValue } from '../btf/index.js';
import type { NativeObject } from '../native/binding.js';
import { check } from './errors.js';
import type { Lifetime } from './lifetime.js';

/** Whether a variable is `const volatile`: fixed once the object is loaded. */
export const isConstant = ({ section }: Pick<GlobalVariable, 'section'>): boolean => section.startsWith('.rodata');

/** A constant of a loaded object: `const volatile` or `extern ... __kconfig` in the C source. */
export class BpfConstant<Type = Value> {
  readonly name: string;
  /** Its section: `.rodata` or `.kconfig`, or for variables `.data` or `.bss`; these and `.rodata` may have a suffix. */
  readonly section: string;
  protected readonly native: NativeObject;
  protected readonly object: Lifetime;
  protected readonly variable: GlobalVariable;

  /** @internal Made by `BpfObject`. */
  constructor(native: NativeObject, object: Lifetime, variable: GlobalVariable) {
    this.native = native;
    this.object = object;
    this.variable = variable;
    this.name = variable.name;
    this.section = variable.section;
  }

  /** Its type, as declared in the C source. */
  get shape(): GlobalVariable['shape'] {
    return this.variable.shape;
  }

  /** Its value: initial before load, live afterwards. Throws BpfError and ClosedError. */
  get(): Type {
    const bytes = this.bytes();
    return readValue(this.variable.shape, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0) as Type;
  }

  /** A copy of its bytes, as they are in memory. Throws BpfError and ClosedError. */
  bytes(): Uint8Array {
    this.object.check();
    const { offset, size } = this.variable;
    return check<Uint8Array>(this.native.readImage(this.section, offset, size), `cannot read ${this.name}`);
  }
}

/** A global variable of the C source that can be set: any of an opened object, and those of a loaded one that are not constant. */
export class BpfGlobal<Type = Value, Given = Input> extends BpfConstant<Type> {
  /**
   * Sets its value, as `get()` returns it, or its bytes, all of them. Throws BtfError if it does not fit the type, BpfError
   * if the kernel refuses it, and ClosedError.
   *
   * In a section with only `static` variables, which the kernel does not map, the whole section is read and written: what
   * a program changes in it meanwhile is lost.
   */
  set(value: Given): void {
    this.object.check();
    const { shape, size, offset } = this.variable;
    const bytes = new Uint8Array(size);
    if (types.isUint8Array(value) && value.length === size) bytes.set(value);
    else writeValue(shape, new DataView(bytes.buffer), 0, value as Input, this.name);
    check(this.native.writeImage(this.section, offset, bytes), `cannot set ${this.name}`);
  }
}
