/** BTF in plain TypeScript: parse it, look up struct members, read and write values. Needs no addon and no root. */
export { Btf, type BtfOptions } from './btf.js';
export { checkBtf, checkObject } from './check-object.js';
export { type Memory, memoryOf, type Reader, readerOf, type Writer, writerOf } from './compiled.js';
export { type DeclaredMap, type DeclaredProgram, mapsOf, programsOf } from './contents.js';
export { type Input, readValue, type Value, writeValue } from './convert.js';
export { commentOf, Declarations, declareStruct } from './declare.js';
export { type ElfSection, type ElfSymbol, elfSections, elfSymbols, isElf, readBtfBytes } from './elf.js';
export { BtfError } from './error.js';
export { type GlobalVariable, globalsOf, kconfigOf } from './globals.js';
export { enumNumbers, layoutOf, memberOf, shapeOf, type TypedShape } from './layout.js';
export { lineOf, type SourcePlace } from './line-info.js';
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
export type { AnyStructs, KnownStructs, StructsOf, TypedBtf } from './typed.js';
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
