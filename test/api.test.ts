/** Whatever the package exports has a docstring: `make api` makes the reference of them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { patient } from './helpers/patience.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const ENTRIES = ['src', 'src/trace', 'src/output', 'src/otlp'].map((folder) => join(root, folder, 'index.ts'));
/** Generated, each with the description of its column. */
const GENERATED = /tool-(types|options)\.ts$/;

const isHidden = (declaration: ts.Declaration) =>
  (ts.getCombinedModifierFlags(declaration) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0 ||
  ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal');

describe('the reference of the library', function () {
  this.timeout(patient(60_000));
  let checker: ts.TypeChecker;
  let symbols: [name: string, symbol: ts.Symbol][];
  before(() => {
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
    const program = ts.createProgram(ENTRIES, { ...options, noEmit: true, incremental: false });
    checker = program.getTypeChecker();
    symbols = ENTRIES.flatMap((path) => {
      const file = program.getSourceFile(path) ?? assert.fail(path);
      const module = checker.getSymbolAtLocation(file) ?? assert.fail(path);
      return checker
        .getExportsOfModule(module)
        .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
        .filter(({ declarations }) => !declarations?.some((one) => GENERATED.test(one.getSourceFile().fileName)))
        .map((symbol): [string, ts.Symbol] => [symbol.name, symbol]);
    });
  });

  const lackDocs = (all: readonly [string, ts.Symbol][]) =>
    all.filter(([, symbol]) => symbol.getDocumentationComment(checker).length === 0).map(([name]) => name);

  it('has a text for each export', () => {
    assert.ok(symbols.length > 100);
    assert.deepEqual(lackDocs(symbols), []);
  });

  it('has a text for each method and accessor', () => {
    const members = symbols.flatMap(([name, { members: own }]) =>
      [...(own?.values() ?? [])]
        .filter(({ flags }) => flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Accessor))
        // Not those of the language, such as [Symbol.dispose]().
        .filter((member) => !/^(__@|#)/.test(member.name) && !member.declarations?.some(isHidden))
        .map((member): [string, ts.Symbol] => [`${name}.${member.name}`, member]),
    );
    assert.ok(members.length > 100);
    assert.deepEqual(lackDocs(members), []);
  });
});
