import { expect, it } from 'vitest';
import { between, milliseconds, nanos, seconds, unixNanos } from '#contract/time.ts';
import { MEASUREMENTS, TRACKING } from '../../../ntp-gateway/status/measurement-log.ts';
import { statusOf } from '../../../ntp-gateway/status/status.ts';
import { makeServer, type SimulatedServer } from '../../simulation/server.ts';
import { makeWorld } from '../../simulation/world.ts';
import { sockSampleAt } from '../../support/clock-samples.ts';
import { tableRows } from '../../support/table-rows.ts';

const NUMBER = /^-?\d\.\d{3}e[+-]\d\d$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

const live = async (servers: Readonly<Record<string, SimulatedServer>>, options: object = {}) => {
  const [measured, tracked] = [[MEASUREMENTS], [TRACKING]];
  const world = await makeWorld({
    seed: 1,
    servers,
    wallOffset: milliseconds(250),
    around: (ports) => ({
      ...ports,
      measurementLog: { measured: (line) => measured.push(line), tracked: (line) => tracked.push(line) },
    }),
    ...options,
  });
  await world.pass(seconds(600));
  return { world, measured: tableRows(measured.join('\n')), tracked: tableRows(tracked.join('\n')) };
};
/** Whole ms of a stamp with six digits behind the point. */
const stampOf = (row: Readonly<Record<string, string>>): bigint =>
  BigInt(Date.parse(row['time_(UTC)']!)) * 1_000_000n + (BigInt(row['time_(UTC)']!.slice(-4, -1)) % 1_000n) * 1_000n;

it('have a line for each measurement, in columns that say what was measured', async () => {
  const [there, back] = [milliseconds(4), milliseconds(4)];
  const liar = makeServer({ error: () => seconds(3_600), there, back });
  const { world, measured } = await live({ a: makeServer({ there, back }), b: makeServer({ there, back }), liar });
  const { sources } = world.gateway().core();
  for (const [id, { association }] of sources) {
    const own = measured.filter(({ source }) => source === id);
    expect(own).toHaveLength(association.counters.measured!);
    expect(own.at(-1)).toMatchObject({
      'time_(UTC)': expect.stringMatching(TIME),
      L: 'N',
      St: '1',
      LP: `${association.pace.poll}`,
      Rch: association.reach.toString(8).padStart(3, '0'),
      'ref._id': expect.stringMatching(/^[0-9A-F]{8}$/),
      verdict: id === 'liar:123' ? 'falseticker' : 'selected',
    });
    for (const name of ['delay_s', 'disp._s', 'root_del._s', 'root_disp._s']) expect(own.at(-1)![name]).toMatch(NUMBER);
    expect(Number(own.at(-1)!.delay_s)).toBeGreaterThan(0.0079);
    expect(Number(own.at(-1)!.delay_s)).toBeLessThan(0.01);
    expect(Number(own.at(-1)!.offset_s)).toBeCloseTo(id === 'liar:123' ? 3_600 : 0, 2);
  }
  expect(measured[0]).toMatchObject({ offset_s: '-' });
});

it('tell the time of the measurement by the clock, which the host’s may be far from', async () => {
  const { world, measured } = await live({ a: makeServer() }, { wallOffset: seconds(-1e6) });
  const { exchange } = world.gateway().core().sources.get('a:123')!.estimator!.newest;
  const told = unixNanos(stampOf(measured.at(-1)!));
  expect(Math.abs(between(exchange.t3, told))).toBeLessThan(milliseconds(20));
});

it('have a line for the clock after each, with what `status` shows', async () => {
  const { world, measured, tracked } = await live({ a: makeServer() });
  expect(tracked.length).toBeGreaterThan(measured.length - 10); // a clock there is after the first burst at the latest
  const { clock } = statusOf(world.gateway().core(), undefined, world.mono());
  const last = tracked.at(-1)!;
  expect(last).toMatchObject({ 'time_(UTC)': expect.stringMatching(TIME), St: '2', L: 'N', Co: '1' });
  expect(last['ref._id']).toBe(clock!.referenceId.toUpperCase());
  expect(Number(last['freq._ppm'])).toBeCloseTo(clock!.frequencyPpm, 0);
  expect(Number(last.least_ppm)).toBeLessThan(Number(last['freq._ppm']));
  expect(Number(last.most_ppm)).toBeGreaterThan(Number(last['freq._ppm']));
  expect(Number(last.host_s)).toBeCloseTo(-0.25, 2); // it is fast
  for (const name of ['std._dev._s', 'early_s', 'late_s', 'root_del._s', 'root_disp._s'])
    expect(last[name]).toMatch(NUMBER);
  expect(1e3 * Number(last.late_s)).toBeLessThanOrEqual(clock!.laterMs + 0.01); // which has grown since
});

it('keep their columns whatever a source is called, and have reference clocks too', async () => {
  const referenceId = 0x47505300;
  const gps = { name: '/run/a b.sock', driver: 'sock' as const, path: '', referenceId };
  const config = { referenceClocks: [{ ...gps, uncertainty: milliseconds(1), offset: nanos(0) }] };
  const take = (now: bigint, wall: bigint) => [sockSampleAt(unixNanos(wall), Number(now - wall) / 1e9)];
  const { measured } = await live({}, { config, referenceClocks: { '/run/a b.sock': take } });
  expect(measured.length).toBeGreaterThan(30);
  expect(measured.at(-1)).toMatchObject({
    source: '/run/a_b.sock',
    St: '0',
    LP: '4',
    Rch: '377',
    'ref._id': '47505300',
  });
});
