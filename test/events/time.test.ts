import assert from 'node:assert/strict';
import { bootTimeOf } from '../../src/events/column.js';
import { ClockOffset } from '../../src/events/context.js';
import { TIME_STYLES } from '../../src/events/time-style.js';
import { random } from '../helpers/random.js';
import { interesting64, Probe } from './helpers.js';

const SECOND = 1_000_000_000n;

/** The oracle: bigint arithmetic and Date. */
function parts(ns: bigint): { date: Date; seconds: bigint; fraction: string } {
  const fraction = ((ns % SECOND) + SECOND) % SECOND;
  const seconds = (ns - fraction) / SECOND;
  return { date: new Date(Number(seconds) * 1000), seconds, fraction: fraction.toString().padStart(9, '0') };
}

function iso(ns: bigint): string {
  const { date, fraction } = parts(ns);
  return `${date.toISOString().slice(0, 19)}.${fraction}Z`;
}

const OFFSETS = [0n, 1n, 999_999_999n, 1_700_000_000_123_456_789n, 1_767_225_599_999_999_999n, -5n * SECOND - 7n];
const BOOTED = [
  ...[0n, 1n, 999_999_999n, SECOND, SECOND + 1n, 59n * SECOND + 999_999_999n, 86_400n * SECOND - 1n],
  ...[4n * 365n * 86_400n * SECOND + 1n, 1_767_225_599_999_999_999n, 1_767_225_600_000_000_000n],
];

describe('events: times', () => {
  it('are RFC 3339 in UTC with nanoseconds, for programs', () => {
    for (const offset of OFFSETS) {
      const probe = new Probe('meanings', { clock: new ClockOffset(offset) });
      for (const boot of BOOTED) {
        if (boot + offset < 0n) continue;
        probe.set('time', boot, 8);
        assert.equal(probe.written('time'), iso(boot + offset), `${boot} + ${offset}`);
        assert.equal(probe.value('time'), boot + offset);
      }
    }
  });

  it('are exact for every uptime', () => {
    const probe = new Probe('meanings', { clock: new ClockOffset(OFFSETS[3] as bigint) });
    for (const boot of interesting64(5000)) {
      probe.set('time', boot, 8);
      assert.equal(probe.written('time'), iso(boot + (OFFSETS[3] as bigint)), String(boot));
    }
  });

  it('pass from one second to the next, and from one year to the next, both ways', () => {
    const newYear = BigInt(Date.UTC(2027, 0, 1)) * 1_000_000n;
    const probe = new Probe('meanings', { clock: new ClockOffset(newYear - 10n * SECOND) });
    const rows: [bigint, string][] = [
      [10n * SECOND - 1n, '2026-12-31T23:59:59.999999999Z'],
      [10n * SECOND, '2027-01-01T00:00:00.000000000Z'],
      [10n * SECOND - 1n, '2026-12-31T23:59:59.999999999Z'],
      [11n * SECOND - 1n, '2027-01-01T00:00:00.999999999Z'],
      [11n * SECOND, '2027-01-01T00:00:01.000000000Z'],
    ];
    for (const [boot, written] of rows) {
      probe.set('time', boot, 8);
      assert.equal(probe.written('time'), written);
    }
  });

  it('are exact wherever the one before was', () => {
    const probe = new Probe('meanings', { clock: new ClockOffset(0n) });
    const next = random(7);
    // Around multiples of 2^32 nanoseconds, and of a second, as events of several CPUs come.
    for (const start of [0n, 3n << 32n, 4n * SECOND, 1_000_000n << 32n, (1n << 63n) / SECOND]) {
      let boot = start + 2n * SECOND;
      for (let i = 0; i < 5000; i++) {
        const range = [1000, 1e6, 1e9, 3e9][next() % 4] as number;
        boot += BigInt(Math.floor((next() / 2 ** 32 - 0.45) * range));
        if (boot < 0n) boot = 0n;
        if (next() % 16 === 0) boot -= boot % SECOND;
        probe.set('time', boot, 8);
        assert.equal(probe.written('time'), iso(boot), String(boot));
      }
    }
  });

  it('follow the clock when it is set while tracing', () => {
    const clock = new ClockOffset(0n);
    const probe = new Probe('meanings', { clock }).set('time', 5n * SECOND, 8);
    assert.equal(probe.written('time'), '1970-01-01T00:00:05.000000000Z');
    clock.set(3600n * SECOND + 1n);
    assert.equal(probe.written('time'), '1970-01-01T01:00:05.000000001Z');
    assert.equal(probe.shown('time').length, 'hh:mm:ss.uuuuuu'.length);
  });

  it('stay as they are with the noise of measuring, and follow each step', () => {
    const clock = new ClockOffset(1000n, 20);
    const at = () => BigInt(clock.seconds) * SECOND + BigInt(clock.nanoseconds);
    const measured = (offset: bigint, error: number) => {
      clock.follow({ offset, error });
      return at();
    };
    assert.equal(measured(1030n, 15), 1000n);
    assert.equal(measured(980n, 10), 1000n);
    assert.equal(measured(1060n, 1_000_000), 1000n);
    // A step, however small, forward or back.
    assert.equal(measured(1041n, 20), 1041n);
    assert.equal(measured(3600n * SECOND, 20), 3600n * SECOND);
    assert.equal(measured(-5n * SECOND, 20), -5n * SECOND);
    // An inexact measurement.
    assert.equal(measured(90n * SECOND, 50_000), 90n * SECOND);
    assert.equal(measured(90n * SECOND + 40_000n, 20), 90n * SECOND + 40_000n);
    assert.equal(measured(90n * SECOND + 40_010n, 20), 90n * SECOND + 40_000n);
  });

  it('are known since the boot, whatever the clock says', () => {
    const clock = new ClockOffset(5n * SECOND);
    const probe = new Probe('meanings', { clock }).set('time', 7n * SECOND, 8);
    const boot = () => bootTimeOf(probe.column('time'), probe.record);
    assert.deepEqual([boot(), probe.value('time')], [7n * SECOND, 12n * SECOND]);
    clock.set(-3n * SECOND);
    assert.deepEqual([boot(), probe.value('time')], [7n * SECOND, 4n * SECOND]);
    assert.equal(bootTimeOf(undefined, probe.record), undefined);
  });

  describe('for people', () => {
    const clock = () => new ClockOffset(BigInt(Date.UTC(2026, 6, 1, 12, 0, 0)) * 1_000_000n + 999_000_000n);
    const shown = (style: (typeof TIME_STYLES)[number], boots: bigint[]) => {
      const probe = new Probe('meanings', { clock: clock() }, { time: style });
      return boots.map((boot) => probe.set('time', boot, 8).shown('time'));
    };
    const boots = [0n, 999_999n, 1_000_000n, 61n * SECOND + 1_500n];

    it('utc shows microseconds', () =>
      assert.deepEqual(shown('utc', boots), [
        '2026-07-01T12:00:00.999000Z',
        '2026-07-01T12:00:00.999999Z',
        '2026-07-01T12:00:01.000000Z',
        '2026-07-01T12:01:01.999001Z',
      ]));

    it('epoch shows seconds and nanoseconds', () =>
      assert.deepEqual(shown('epoch', boots), [
        '1782907200.999000000',
        '1782907200.999999999',
        '1782907201.000000000',
        '1782907261.999001500',
      ]));

    it('boot shows the uptime', () =>
      assert.deepEqual(shown('boot', boots), ['0.000000000', '0.000999999', '0.001000000', '61.000001500']));

    it('delta shows the seconds since the latest event before, and is never negative', () => {
      assert.deepEqual(
        shown('delta', [5n * SECOND, 5n * SECOND + 1n, 7n * SECOND, 6n * SECOND + 1n, 6n * SECOND + 1n, 8n * SECOND]),
        ['0.000000000', '0.000000001', '1.999999999', '0.000000000', '0.000000000', '1.000000000'],
      );
      assert.deepEqual(shown('delta', [7n * SECOND, 6n * SECOND, 0n, 7n * SECOND + 30n]), [
        '0.000000000',
        '0.000000000',
        '0.000000000',
        '0.000000030',
      ]);
    });

    for (const zone of ['UTC', 'Asia/Kathmandu', 'America/St_Johns']) {
      it(`local shows the time of day in ${zone}`, () => {
        const before = process.env.TZ;
        process.env.TZ = zone;
        try {
          const oracle = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeStyle: 'medium' });
          for (const boot of [0n, 43_200n * SECOND, 12_345n * SECOND]) {
            const { date, fraction } = parts(clock().nanoseconds > 0 ? boot + 1_782_907_200_999_000_000n : 0n);
            assert.deepEqual(shown('local', [boot]), [`${oracle.format(date)}.${fraction.slice(0, 6)}`]);
          }
        } finally {
          if (before === undefined) delete process.env.TZ;
          else process.env.TZ = before;
        }
      });
    }

    it('fit their columns', () => {
      for (const style of TIME_STYLES) {
        const probe = new Probe('meanings', { clock: clock() }, { time: style });
        probe.set('time', 99_900n * SECOND, 8).shown('time');
        const written = probe.set('time', 99_999n * SECOND, 8).shown('time');
        assert.ok(written.length <= probe.column('time').width, `${style}: ${written}`);
      }
    });
  });
});

describe('events: durations', () => {
  for (const [ns, program, people] of [
    [0n, '0', '0.0us'],
    [1n, '1', '0.0us'],
    [999n, '999', '1.0us'],
    [12_345n, '12345', '12.3us'],
    [1_000_000n, '1000000', '1.00ms'],
    [1_500_000_000n, '1500000000', '1.50s'],
    [2n ** 64n - 1n, '18446744073709551615', '18446744073.71s'],
  ] as const)
    it(`${ns} ns are ${people}`, () => {
      const probe = new Probe('meanings').set('took', ns, 8);
      assert.deepEqual([probe.written('took'), probe.shown('took'), probe.value('took')], [program, people, ns]);
    });

  it('are as many digits in each unit as fit', () => {
    const probe = new Probe('meanings');
    for (const ns of [999_949n, 999_950n, 999_999n, 999_994_999n, 999_995_000n, 999_999_999n]) {
      const shown = probe.set('took', ns, 8).shown('took');
      assert.doesNotMatch(shown, /^1000/, `${ns} ns`);
    }
  });
});
