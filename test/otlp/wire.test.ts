import assert from 'node:assert/strict';
import { messageType } from '../../src/otlp/messages.js';
import { bytesField, prefix } from '../../src/otlp/wire.js';

describe('OTLP: wire', () => {
  it('puts tag and length before bytes, however many, as protobufjs does', () => {
    for (const size of [1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152]) {
      const traceId = Buffer.alloc(size, 7);
      const expected = messageType('LogRecord').encode({ traceId }).finish();
      assert.ok(Buffer.from(expected).equals(bytesField(9, traceId)), `${size}`);
    }
    assert.deepEqual([...bytesField(9, Buffer.alloc(0))], [0x4a, 0]);
    assert.deepEqual([...prefix(1, 0x7fff_ffff)], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x07]);
  });
});
