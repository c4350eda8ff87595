import assert from 'node:assert/strict';
import { EVENT, MAPPING, type Pipeline, type PipelineOptions, sentColumns } from '../../bench/pipeline.js';
import { sdkPipeline } from '../../bench/pipeline-sdk.js';
import { snoopkitPipeline } from '../../bench/pipeline-snoopkit.js';
import { openRecords } from '../../bench/records.js';
import opensnoop from '../../tools/opensnoop.js';
import { decodedRequest, OtlpHttpServer } from '../helpers/otlp-server.js';

interface Scoped {
  readonly scopeLogs: { readonly logRecords: Record<string, unknown>[] }[];
}

const records = openRecords(100);

/** Data that arrives at a collector: the scope of each request. */
async function sent(open: (options: PipelineOptions) => Pipeline | Promise<Pipeline>) {
  const server = await OtlpHttpServer.start();
  try {
    const endpoint = new URL(server.url('/')).origin;
    const now = () => 1_795_233_099_123_456_789n;
    const pipeline = await open({ endpoint, columns: sentColumns(records), now });
    pipeline.write(records);
    await pipeline.close();
    return server.requests.flatMap(({ body }) =>
      (decodedRequest('logs', body).resourceLogs as Scoped[]).flatMap(({ scopeLogs }) => scopeLogs),
    );
  } finally {
    await server.stop();
  }
}

describe('output: OTLP, beside the official SDK', () => {
  it('is compared by what the tool says of itself', () => {
    const { event, otlp } = opensnoop;
    assert.deepEqual({ name: event?.name, ...otlp }, { name: EVENT, ...MAPPING });
  });

  it('sends the same', async () => {
    const [ours, theirs] = [await sent(snoopkitPipeline), await sent(sdkPipeline)];
    assert.equal(ours.flatMap(({ logRecords }) => logRecords).length, 100);
    assert.deepEqual(ours, theirs);
  });
});
