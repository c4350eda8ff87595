/** BTF in plain TypeScript: parse it, see where struct members lie, read and write values. Needs no addon and no root. */
export { Btf, type BtfOptions } from './btf.js';
export { type Input, readValue, type Value, writeValue } from './convert.js';
export { declareStruct } from './declare.js';
export { type ElfSection, type ElfSymbol, elfSections, elfSymbols, isElf, readBtfBytes } from './elf.js';
export { BtfError } from './error.js';
export { type GlobalVariable, globalsOf } from './globals.js';
export { enumNumbers, layoutOf, memberOf, shapeOf, type TypedShape } from './layout.js';
export {
  type ArrayShape,
  type Bits,
  type EnumShape,
  type FloatShape,
  type IntShape,
  isText,
  type Member,
  type PointerShape,
  type Shape,
  type StructLayout,
  type StructShape,
  sizeOfShape,
} from './shape.js';
export {
  BTF_KINDS,
  type BtfArray,
  type BtfDatasec,
  type BtfDeclTag,
  type BtfEnum,
  type BtfEnum64,
  type BtfFloat,
  type BtfFunc,
  type BtfFuncProto,
  type BtfFwd,
  type BtfInt,
  type BtfKind,
  type BtfLinkage,
  type BtfMember,
  type BtfReference,
  type BtfStruct,
  type BtfType,
  type BtfTypeTag,
  type BtfVar,
  type BtfVoid,
} from './types.js';
