import assert from 'node:assert/strict';
import { Btf, declareStruct } from '../../src/btf/index.js';
import { encodeBtf, int } from './encode.js';
import { fixture } from './fixtures.js';

describe('btf: declare', () => {
  it('declares a struct and what is inside it', () => {
    assert.equal(
      declareStruct(Btf.parse(fixture('kinds')), 'everything'),
      `export interface Everything {
  text: string;
  /** shy_u32, u32 */
  shy: number;
  matrix: number[][];
  choice: Plain;
  opaque: bigint;
  opaque_union: bigint;
  either: EverythingEither;
  callback: bigint;
  fraction: number;
  from_user: bigint;
  yes: boolean;
}

export type Plain =
  | 'FIRST'
  | 'SECOND'
  | number;

export interface EverythingEither {
  /** u32 */
  number: number;
  bytes: number[];
}
`,
    );
  });

  it('names a typedef of an anonymous struct after the typedef', () => {
    assert.match(declareStruct(Btf.parse(fixture('layout')), 'endpoint'), /^export interface Endpoint \{\n/);
  });

  it('keeps names apart, and lets none break out of the declaration', () => {
    const text = declareStruct(
      Btf.parse(
        encodeBtf([
          int('int', 4),
          { kind: 'struct', name: 'my_event', size: 4, vlen: 1, data: ['x', 1, 0] },
          { kind: 'typedef', name: '*/ evil', size: 1 },
          { kind: 'struct', name: 'my__event', size: 8, vlen: 2, data: ['inner', 2, 0, "a'b c", 3, 32] },
          { kind: 'enum', size: 4, vlen: 1, data: ["it's", 1] },
          { kind: 'array', data: [5, 1, 2] },
          { kind: 'struct', name: '9', size: 16, vlen: 2, data: ['all', 4, 0, 'enums', 6, 64] },
        ]),
      ),
      '9',
    );
    assert.equal(
      text,
      `export interface Struct9 {
  all: MyEvent;
  enums: ('it\\'s' | number)[];
}

export interface MyEvent {
  inner: MyEvent2;
  "a'b c": number;
}

export interface MyEvent2 {
  x: number;
}
`,
    );
  });

  it('knows no struct that is not there', () => {
    assert.throws(() => declareStruct(Btf.parse(fixture('kinds')), 'nothing'), {
      name: 'NotFoundError',
      message: "no struct or union 'nothing' in this BTF",
    });
  });
});
