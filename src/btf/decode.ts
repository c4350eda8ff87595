/**
 * Decodes one type. Source: Documentation/bpf/btf.rst, section "Type Encoding"; include/uapi/linux/btf.h.
 */
import { BtfError, quoted } from './error.js';
import { kindOf, type RawBtf, TYPE_SIZE, vlenOf } from './raw.js';
import type { Strings } from './strings.js';
import { BTF_KINDS, type BtfLinkage, type BtfMember, type BtfType } from './types.js';

const LINKAGES: readonly BtfLinkage[] = ['static', 'global', 'extern'];

/**
 * Decodes the type number `index` of `raw`. `readRaw` has checked that all its bytes exist.
 *
 * @throws BtfError if a string, the kind or a linkage is invalid.
 */
export function decodeType(raw: RawBtf, index: number, strings: Strings): BtfType {
  const { view, littleEndian } = raw;
  const start = raw.offsets[index] as number;
  const u32 = (at: number) => view.getUint32(at, littleEndian);
  const info = u32(start + 4);
  const kind = BTF_KINDS[kindOf(info)];
  const flag = info >>> 31 === 1;
  const name = strings.at(u32(start));
  const sizeOrType = u32(start + 8);
  const data = start + TYPE_SIZE;
  const elements = <T>(size: number, read: (at: number) => T): T[] => {
    const list: T[] = [];
    for (let i = 0, at = data; i < vlenOf(info); i++, at += size) list.push(read(at));
    return list;
  };
  switch (kind) {
    case 'int': {
      const encoding = u32(data);
      return {
        kind,
        name,
        size: sizeOrType,
        bits: encoding & 0xff,
        offset: (encoding >>> 16) & 0xff,
        signed: (encoding & (1 << 24)) !== 0,
        char: (encoding & (1 << 25)) !== 0,
        bool: (encoding & (1 << 26)) !== 0,
      };
    }
    case 'array':
      return { kind, name, element: u32(data), index: u32(data + 4), length: u32(data + 8) };
    case 'struct':
    case 'union': {
      const member = (at: number): BtfMember => {
        const offset = u32(at + 8);
        return {
          name: strings.at(u32(at)),
          type: u32(at + 4),
          bitOffset: flag ? offset & 0xffffff : offset,
          bitSize: flag ? offset >>> 24 : 0,
        };
      };
      return { kind, name, size: sizeOrType, members: elements(12, member) };
    }
    case 'enum': {
      const value = (at: number) => (flag ? view.getInt32(at, littleEndian) : u32(at));
      return {
        kind,
        name,
        size: sizeOrType,
        signed: flag,
        values: elements(8, (at) => ({ name: strings.at(u32(at)), value: value(at + 4) })),
      };
    }
    case 'enum64': {
      const value = (at: number) => {
        const bits = BigInt(u32(at)) | (BigInt(u32(at + 4)) << 32n);
        return flag ? BigInt.asIntN(64, bits) : bits;
      };
      return {
        kind,
        name,
        size: sizeOrType,
        signed: flag,
        values: elements(12, (at) => ({ name: strings.at(u32(at)), value: value(at + 4) })),
      };
    }
    case 'fwd':
      return { kind, name, of: flag ? 'union' : 'struct' };
    case 'ptr':
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
      return { kind, name, type: sizeOrType };
    case 'type_tag':
      return { kind, name, type: sizeOrType, attribute: flag };
    case 'func':
      // The only kind whose vlen is not a count.
      return { kind, name, type: sizeOrType, linkage: linkageOf(vlenOf(info), name) };
    case 'func_proto':
      return {
        kind,
        name,
        returns: sizeOrType,
        params: elements(8, (at) => ({ name: strings.at(u32(at)), type: u32(at + 4) })),
      };
    case 'var':
      return { kind, name, type: sizeOrType, linkage: linkageOf(u32(data), name) };
    case 'datasec':
      return {
        kind,
        name,
        size: sizeOrType,
        variables: elements(12, (at) => ({ type: u32(at), offset: u32(at + 4), size: u32(at + 8) })),
      };
    case 'float':
      return { kind, name, size: sizeOrType };
    case 'decl_tag':
      return { kind, name, type: sizeOrType, componentIndex: view.getInt32(data, littleEndian), attribute: flag };
    default:
      throw new BtfError(`BTF: the type at offset ${start} is of unknown kind ${kindOf(info)}`);
  }
}

function linkageOf(value: number, name: string): BtfLinkage {
  const linkage = LINKAGES[value];
  if (!linkage) throw new BtfError(`BTF: unknown linkage ${value} of ${quoted(name)}`);
  return linkage;
}
