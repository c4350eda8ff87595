import assert from 'node:assert/strict';
import sinon from 'sinon';
import { ReportedCauses, Troubles } from '../../../src/otlp/delivery/troubles.js';

describe('OTLP: Troubles', () => {
  let clock: sinon.SinonFakeTimers;
  let told: string[];
  beforeEach(() => {
    clock = sinon.useFakeTimers({ toFake: ['performance'] });
    told = [];
  });
  afterEach(() => clock.restore());
  const tell = (text: string) => told.push(text);

  it('reports each kind once a minute', () => {
    const troubles = new Troubles(tell);
    for (let second = 0; second < 180; second++) {
      troubles.note('later', () => `away ${second}`, `cause ${second}`);
      troubles.note('timeout', () => `lost ${second}`);
      clock.tick(1000);
    }
    assert.deepEqual(told, [
      'away 0',
      'lost 0',
      'away 60 (59 more times since the last message)',
      'lost 60 (59 more times since the last message)',
      'away 120 (59 more times since the last message)',
      'lost 120 (59 more times since the last message)',
    ]);
  });

  it('tells the same of two signals once, and what is different of each', () => {
    const causes = new ReportedCauses();
    const [logs, metrics] = [new Troubles(tell, causes), new Troubles(tell, causes)];
    for (let second = 0; second < 90; second++) {
      logs.note('later', () => 'no logs: away', 'away');
      metrics.note('later', () => 'no metrics: away', 'away');
      clock.tick(1000);
    }
    assert.equal(told.length, 2);
    metrics.note('refused', () => 'no metrics: 404', '404');
    logs.note('refused', () => 'no logs: 401', '401');
    assert.deepEqual(told.slice(2), ['no metrics: 404', 'no logs: 401']);
  });
});
