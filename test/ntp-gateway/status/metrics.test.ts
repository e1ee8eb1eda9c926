/** What Prometheus is told: names and units as the field has them, and labels that nobody outside can make up. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { milliseconds, seconds } from '#contract/time.ts';
import { JUMPS, takeLookWithin } from '../../../ntp-gateway/discipline/jump.ts';
import { VERDICTS } from '../../../ntp-gateway/discipline/selection.ts';
import { exposition } from '../../../ntp-gateway/io/exposition.ts';
import { processMetrics } from '../../../ntp-gateway/io/process-metrics.ts';
import { DROPPED } from '../../../ntp-gateway/protocol/server-counters.ts';
import { emptyStatus } from '../../../ntp-gateway/status/metrics/reference.ts';
import { metricsOf } from '../../../ntp-gateway/status/metrics.ts';
import { type Sources, sourcesOf } from '../../../ntp-gateway/status/sources.ts';
import { type Status, statusOf } from '../../../ntp-gateway/status/status.ts';
import { makeServer } from '../../simulation/server.ts';
import { makeWorld } from '../../simulation/world.ts';
import { valuesOf } from '../../support/metric-values.ts';
import { readOpenMetrics } from '../../support/open-metrics.ts';
import { ROOT } from '../../support/root.ts';

const OPEN_METRICS = { accept: 'application/openmetrics-text; version=1.0.0,text/plain;q=0.5' };
const EDGE = 'https://e.example';
const SERVED = { served: 7, interleaved: 5, authenticated: 3, kissed: 1, dropped: { mode: 2, unsent: 4 } };

const live = async (config = {}) => {
  const world = await makeWorld({
    seed: 1,
    servers: {
      good: makeServer(),
      fine: makeServer(),
      liar: makeServer({ error: () => seconds(3_600) }),
      silent: makeServer({ isUp: () => false }),
    },
    sources: { silent: { nts: { port: 4460 } } },
    config: { publish: [{ origin: EDGE, interval: seconds(16) }], ...config },
    wallOffset: milliseconds(250),
  });
  await world.pass(seconds(60.5));
  const [core, now] = [world.gateway().core(), world.ports.mono()];
  const served = {
    keyExchanges: { accepted: 3, exchanged: 2, alpn: 1 },
    certificateValidUntil: '2027-01-01T00:00:00.000Z',
    roughtime: { received: 4, answered: 4 },
    pulls: { received: 5, answered: 5 },
    host: takeLookWithin(world.ports),
  };
  return { status: statusOf(core, SERVED, now, served), sources: sourcesOf(core, now) };
};

const NOTHING = emptyStatus();
const EVERY_FAMILY = [...metricsOf(NOTHING, [], '0'), ...processMetrics()];

describe('metrics', () => {
  it('are what the pages say, in base units', async () => {
    const { status, sources } = await live();
    const values = valuesOf(metricsOf(status, sources, '1.2.3'));
    const { clock } = status;
    const good = sources[0]!;
    const silent = 'source="silent:123"';
    expect(Object.fromEntries(values)).toMatchObject({
      'noonmark_build_info{version="1.2.3"}': 1,
      'noonmark_gateway_info{gateway="gw-sim"}': 1,
      noonmark_synchronized: 1,
      noonmark_clock_bound_seconds: clock!.uncertaintyMs / 1e3,
      noonmark_clock_estimated_error_seconds: clock!.standardDeviationMs / 1e3,
      noonmark_clock_frequency_ratio: clock!.frequencyPpm / 1e6,
      noonmark_host_clock_offset_seconds: expect.closeTo(0.25, 2),
      noonmark_stratum: 2,
      noonmark_selected_sources: 2,
      'noonmark_leap{leap="none"}': 1,
      'noonmark_leap{leap="insert"}': 0,
      'noonmark_source_state{source="liar:123",state="falseticker"}': 1,
      'noonmark_source_state{source="liar:123",state="selected"}': 0,
      'noonmark_source_offset_seconds{source="liar:123"}': expect.closeTo(3_600, 0),
      'noonmark_source_bound_seconds{source="good:123"}': 'uncertaintyMs' in good && good.uncertaintyMs! / 1e3,
      'noonmark_source_reachable{source="good:123"}': 1,
      [`noonmark_source_reachable{${silent}}`]: 0,
      [`noonmark_source_reach_ratio{${silent}}`]: 0,
      'noonmark_source_info{source="silent:123",authenticated_by="nts"}': 1,
      [`noonmark_source_nts_cookies{${silent}}`]: 0,
      [`noonmark_source_key_exchange_fault{${silent}}`]: 1,
      noonmark_server_requests_total: 10,
      noonmark_server_replies_total: 7,
      'noonmark_server_dropped_total{word="mode"}': 2,
      'noonmark_server_dropped_total{word="denied"}': 0,
      'noonmark_server_key_exchanges_total{word="exchanged"}': 2,
      noonmark_server_certificate_expiry_timestamp_seconds: 1_798_761_600,
      'noonmark_server_roughtime_requests_total{word="answered"}': 4,
      'noonmark_server_pulls_total{word="answered"}': 5,
      [`noonmark_publish_total{edge="${EDGE}",word="ok"}`]: 0,
      [`noonmark_publish_total{edge="${EDGE}",word="unreachable"}`]: status.publish[0]!.counters.unreachable,
      [`noonmark_publish_age_seconds{edge="${EDGE}"}`]: 60,
      [`noonmark_publish_failures_in_a_row{edge="${EDGE}"}`]: status.publish[0]!.failuresInARow,
      [`noonmark_edge_violations_total{edge="${EDGE}"}`]: 0,
      'noonmark_clock_jumps_total{reason="slept"}': 0,
    });
    const budget = [...values].filter(([name]) => name.startsWith('noonmark_error_budget_seconds'));
    const width = budget.reduce((sum, [, value]) => sum + value, 0);
    expect(width).toBeCloseTo((clock!.earlierMs + clock!.laterMs) / 1e3, 4);
    // What sums to the others would count each of them twice.
    expect([...values.keys()].filter((name) => /"(accepted|received)"/.test(name))).toEqual([]);
  });

  it('say of what is not known nothing, neither 0 nor NaN', () => {
    const values = valuesOf(metricsOf(NOTHING, [], '0'));
    expect(Object.fromEntries(values)).toEqual({
      'noonmark_build_info{version="0"}': 1,
      'noonmark_gateway_info{gateway="gw-1"}': 1,
      noonmark_uptime_seconds: 0,
      noonmark_synchronized: 0,
      noonmark_stratum: 16,
      noonmark_selected_sources: 0,
      noonmark_epoch: 1,
      ...Object.fromEntries(Object.keys(JUMPS).map((reason) => [`noonmark_clock_jumps_total{reason="${reason}"}`, 0])),
    });
  });

  it('say what the LAN is told, and not what is too wide to be told', async () => {
    const { status, sources } = await live();
    const told = (change: object) => {
      const clock = { ...status.clock!, ...change };
      const values = valuesOf(metricsOf({ ...status, synchronized: false, clock }, sources, '0'));
      return [values.get('noonmark_stratum'), values.get('noonmark_leap{leap="none"}')];
    };
    expect(told({ uncertaintyMs: 1_499 })).toEqual([2, 1]);
    expect(told({ uncertaintyMs: 1_501 })).toEqual([16, undefined]);
    expect(told({ uncertaintyMs: 5_000, sourcesSelected: 0, stratum: 10 })).toEqual([10, 1]); // as [local] says of itself
  });

  it("say what is done about the host's clock, where something is", () => {
    const told = (systemClock: Status['systemClock']) =>
      Object.fromEntries(
        [...valuesOf(metricsOf({ ...NOTHING, systemClock }, [], '0'))].filter(([name]) =>
          name.includes('_system_clock_'),
        ),
      );
    expect(told(undefined)).toEqual({});
    const nothing = { hostOffsetMs: null, boundMs: null, frequencyPpm: null, slewPpm: null, lastStep: null };
    const refused = told({ ...nothing, discipline: 'slew', state: 'not-permitted', reason: 'EPERM' });
    expect(refused).toMatchObject({
      'noonmark_system_clock_state{state="not-permitted"}': 1,
      'noonmark_system_clock_state{state="tracking"}': 0,
    });
    expect(refused).not.toHaveProperty('noonmark_system_clock_bound_seconds');
    const lastStep = { at: '2027-01-01T00:00:00.000Z', byMs: 1_500 };
    const led = { hostOffsetMs: 0.5, boundMs: 2, frequencyPpm: 12, slewPpm: -3, lastStep };
    expect(told({ ...led, discipline: 'step-and-slew', state: 'tracking', reason: null })).toMatchObject({
      noonmark_system_clock_bound_seconds: 0.002,
      noonmark_system_clock_frequency_ratio: 12e-6,
      noonmark_system_clock_slew_ratio: -3e-6,
      noonmark_system_clock_step_timestamp_seconds: 1_798_761_600,
    });
  });

  it('say whether what runs is what stands in the file', () => {
    const told = (configuration: Status['configuration']) =>
      Object.fromEntries(
        [...valuesOf(metricsOf({ ...NOTHING, configuration }, [], '0'))].filter(([name]) =>
          name.includes('_configuration_'),
        ),
      );
    expect(told({ loadedSecondsAgo: 7, fault: null, needsRestart: [] })).toEqual({
      noonmark_configuration_fault: 0,
      noonmark_configuration_restart_needed: 0,
      noonmark_configuration_age_seconds: 7,
    });
    expect(told({ loadedSecondsAgo: 7, fault: 'f.toml:1: not TOML', needsRestart: ['status.listen'] })).toMatchObject({
      noonmark_configuration_fault: 1,
      noonmark_configuration_restart_needed: 1,
    });
  });

  it('say what is wrong on this machine, and that nothing is', () => {
    const told = (some: Partial<Status>) => Object.fromEntries(valuesOf(metricsOf({ ...NOTHING, ...some }, [], '0')));
    const well = { directory: '/x', writable: true, faults: {}, failures: 0, damaged: {} };
    expect(told({ state: well, fileFaults: {}, threads: { failures: {}, failing: 0 } })).toMatchObject({
      noonmark_state_writable: 1,
      noonmark_state_write_failures_total: 0,
      noonmark_state_files_damaged: 0,
      noonmark_file_faults: 0,
      noonmark_threads_failing: 0,
      'noonmark_thread_failures_total{thread="server"}': 0,
    });
    const state = {
      ...well,
      writable: false,
      faults: { '/x/epoch': 'full' },
      failures: 7,
      damaged: { '/x/a': 'half' },
    };
    const threads = { failures: { server: 3 }, failing: 1 };
    expect(told({ state, fileFaults: { '/x/key': 'gone', '/y': 'full' }, threads })).toMatchObject({
      noonmark_state_writable: 0,
      noonmark_state_write_failures_total: 7,
      noonmark_state_files_damaged: 1,
      noonmark_file_faults: 2,
      noonmark_threads_failing: 1,
      'noonmark_thread_failures_total{thread="server"}': 3,
      'noonmark_thread_failures_total{thread="key-exchange"}': 0,
    });
  });

  it('are gone with their source', async () => {
    const { status, sources } = await live();
    const [gone, ...left] = sources;
    const names = [...valuesOf(metricsOf(status, left, '0')).keys()];
    expect(names.filter((name) => name.includes(gone!.id))).toEqual([]);
    expect(names.filter((name) => name.includes(left[0]!.id)).length).toBeGreaterThan(10);
  });

  it('say of a name that gives no address that it is so, and nothing of who was replaced', () => {
    const rows = [
      { id: 'a:123', address: null, state: 'unresolved', reason: '' },
      { id: 'b:123 (192.0.2.1)', address: '192.0.2.1', state: 'replaced', reason: '' },
    ];
    const values = valuesOf(metricsOf(NOTHING, rows as unknown as Sources, '0'));
    expect(values.get('noonmark_source_state{source="a:123",state="unresolved"}')).toBe(1);
    expect([...values.keys()].filter((name) => name.includes('b:123'))).toEqual([]);
  });

  it.each(EVERY_FAMILY)('$name is named as the field does', ({ name, type, help, labels }) => {
    expect(name).toMatch(/^(noonmark|process|nodejs)_[a-z0-9]+(_[a-z0-9]+)*$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(name).not.toMatch(/milli|micro|nano|ppm|percent|_ms$/);
    expect(help).toMatch(/^[A-Z][^"\\\n]+\.$/);
    for (const label of labels) expect(LABELS).toContain(label);
  });
  it.each(['docs/alerts.yml', 'docs/grafana.json'])('are what %s asks for, and nothing else', (file) => {
    const asked = new Set(readFileSync(join(ROOT, file), 'utf8').match(/\b(?:noonmark|process|nodejs)_[a-z_]+\b/g));
    const told = EVERY_FAMILY.map(({ name }) => name);
    expect([...asked].filter((name) => !told.includes(name))).toEqual([]);
    expect(asked.size).toBeGreaterThan(10);
  });

  /** All there are. Of the configuration: source, edge, gateway. Words of ours: the others. */
  const LABELS = [
    'version',
    'gateway',
    'source',
    'authenticated_by',
    'state',
    'edge',
    'word',
    'reason',
    'leap',
    'part',
    'basis',
    'thread',
  ];

  it('whatever the pages say, the text is OpenMetrics, and no sample is there twice', async () => {
    await fc.assert(
      fc.asyncProperty(anyStatus, anySources, async (status, sources) => {
        const families = metricsOf(status, sources, '0');
        const { type, body } = await exposition(families, OPEN_METRICS);
        expect(type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
        const read = readOpenMetrics(String(body));
        const [said, told] = [families.filter(({ samples }) => samples.length > 0), [...read.values()]];
        expect(told.map(({ type, help, samples }) => [type, help, samples.size])).toEqual(
          said.map(({ type, help, samples }) => [type, help, samples.length]),
        );
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    { accept: '', expected: 'text/plain; version=0.0.4; charset=utf-8' },
    { accept: '*/*', expected: 'text/plain; version=0.0.4; charset=utf-8' },
    { accept: 'text/html,*/*;q=0.8', expected: 'text/plain; version=0.0.4; charset=utf-8' },
    { ...OPEN_METRICS, expected: 'application/openmetrics-text; version=1.0.0; charset=utf-8' },
  ])('asked for $accept they are $expected', async ({ accept, expected }) => {
    const { type, body } = await exposition(EVERY_FAMILY, { accept });
    expect(type).toBe(expected);
    expect(body).toContain('\nprocess_cpu_seconds_total ');
  });
});

const ms = fc.option(fc.double({ noNaN: true }), { nil: undefined });
const count = fc.nat();
const word = fc.constantFrom('measured', 'timeout', 'status-500', 'kiss-rate');
const counts = fc.dictionary(word, count);
const served = fc.option(counts, { nil: undefined });
/** What a configuration may have in a name, and more. */
const name = fc.string({ minLength: 1 });
const anyStatus = fc
  .record({
    gateway: name,
    epoch: count,
    uptimeSeconds: count,
    synchronized: fc.boolean(),
    leapFile: fc.constantFrom(undefined, {
      path: '',
      fault: 'damaged',
      expires: '2026-12-28T00:00:00.000Z',
      expired: false,
    }),
    jumps: fc.constantFrom({}, { slept: 3 }),
    server: fc.option(
      fc.record({
        served: count,
        interleaved: count,
        authenticated: count,
        kissed: count,
        dropped: fc.dictionary(fc.constantFrom(...DROPPED), count),
      }),
      { nil: undefined },
    ),
    keyExchanges: served,
    certificateValidUntil: fc.constantFrom(undefined, 'never'),
    roughtime: served,
    pulls: served,
    publish: fc.uniqueArray(
      fc.record({
        url: name,
        outcome: fc.string(),
        outcomeSecondsAgo: fc.constant(undefined),
        samples: count,
        taken: count,
        takenSecondsAgo: fc.option(count, { nil: undefined }),
        failuresInARow: count,
        edgeUncertaintyMs: ms,
        counters: counts,
      }),
      { selector: ({ url }) => url, maxLength: 4 },
    ),
  })
  .map((some) => ({ ...NOTHING, ...some }) as Status);
const anySources = fc
  .uniqueArray(
    fc.record({
      id: name,
      address: fc.constant(null),
      state: fc.constantFrom(...(Object.keys(VERDICTS) as (keyof typeof VERDICTS)[])),
      reason: fc.constant(''),
      authentication: fc.constantFrom({ by: 'none' as const }, { by: 'key' as const, key: 7 }),
      reach: fc.nat(255).map((reach) => reach.toString(8).padStart(3, '0')),
      pollSeconds: count,
      offsetMs: ms,
      uncertaintyMs: ms,
      delayMs: ms,
      stratum: fc.constant(undefined),
      measurements: count,
      lastMeasuredSeconds: ms,
      counters: counts,
    }),
    { selector: ({ id }) => id, maxLength: 8 },
  )
  .map((rows) => rows as unknown as Sources);
