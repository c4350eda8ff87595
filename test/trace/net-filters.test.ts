import assert from 'node:assert/strict';
import { flagLabel } from '../../src/cli/flags/label.js';
import { parseNetwork } from '../../src/trace/features/sockets/endpoints.js';
import { parseTraceOptions } from '../../src/trace/options.js';

const hex = (text: string) => {
  const { bytes, prefix } = parseNetwork('--addr', text);
  return `${Buffer.from(bytes).toString('hex')}/${prefix}`;
};

describe('cli: network filters', () => {
  for (const [text, expected] of [
    ['10.0.0.0/8', '00000000000000000000ffff0a000000/104'],
    ['127.0.0.1', '00000000000000000000ffff7f000001/128'],
    ['0.0.0.0/0', '00000000000000000000ffff00000000/96'],
    ['::', '00000000000000000000000000000000/128'],
    ['::/0', '00000000000000000000000000000000/0'],
    ['::1', '00000000000000000000000000000001/128'],
    ['fd00::/8', 'fd000000000000000000000000000000/8'],
    ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006/128'],
    ['1::2:3', '00010000000000000000000000020003/128'],
    ['::ffff:10.1.2.3/112', '00000000000000000000ffff0a010203/112'],
  ] as const)
    it(`takes ${text}`, () => assert.equal(hex(text), expected));

  for (const text of [
    '',
    '10.0.0',
    '10.0.0.0/33',
    'fd00::/129',
    '::1/',
    '1.2.3.4/8/8',
    'localhost',
    'fe80::1%lo',
    '/8',
  ])
    it(`refuses '${text}', in one line`, () => {
      assert.throws(() => parseNetwork('--addr', text), {
        name: 'UsageError',
        message: /^--addr .*: expected [^\n]+$/,
      });
    });

  it('keeps the sides apart, and takes lists', () => {
    const { flags } = parseTraceOptions(
      { port: ['80,443', '0'], 'local-port': ['22'], 'remote-addr': ['10.0.0.0/8, ::1'], ipv6: true },
      flagLabel,
    );
    assert.deepEqual([flags.port, flags['local-port'], flags['remote-port']], [[80, 443, 0], [22], undefined]);
    assert.deepEqual(
      [flags.addr, flags['local-addr'], flags['remote-addr']].map((list) => list?.map(({ prefix }) => prefix)),
      [undefined, undefined, [104, 128]],
    );
    assert.deepEqual([flags.ipv4, flags.ipv6], [undefined, true]);
  });

  it('knows no ports beyond 65535', () => {
    assert.throws(() => parseTraceOptions({ port: ['65536'] }, flagLabel), {
      message: /^--port 65536: expected an integer/,
    });
  });
});
