/** Spools records until it is killed, and says how many are on disk: for spool.test.ts. */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Exporter } from '../../../src/otlp/delivery/exporter.js';
import { SpoolFolder } from '../../../src/otlp/spool/spool-folder.js';
import { envelope, FakeCollector, later, record } from '../delivery/fake-collector.js';

const say = (text: string) => writeSync(1, `${text}\n`);
const folder = await SpoolFolder.open(process.argv[2] ?? '', 1 << 30, say);
const exporter = new Exporter({
  signal: 'logs',
  envelope: envelope(),
  transport: new FakeCollector(() => later()),
  batch: { delay: 5, maxBatch: 100, maxQueue: 100_000 },
  timeout: 10_000,
  spool: await folder.spool('logs'),
});
const { adopted } = exporter.account;
for (let id = 0; ; await sleep(1)) {
  for (let i = 0; i < 100; i++, id++) {
    const bytes = record(id, 300);
    exporter.add(bytes, 0, bytes.length);
  }
  say(String(exporter.account.spooled - adopted));
}
