/** docs/alerts.yml, each rule by Prometheus' own judge: it fires where it should, for as long as it should, and nowhere else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasPromtool, promtool, testRules } from '../../support/promtool.ts';
import { ROOT } from '../../support/root.ts';

const RULES = join(ROOT, 'docs/alerts.yml');
const text = readFileSync(RULES, 'utf8');
const monitoring = readFileSync(join(ROOT, 'docs/monitoring.md'), 'utf8');

/** A sample each minute, as promtool writes them: "1x60" is 1 an hour long, "0+2x60" two more each minute. */
type Series = Readonly<Record<string, string>>;
type Case = {
  readonly alert: string;
  readonly severity: 'critical' | 'warning';
  /** Fires `after` so many minutes, and not a minute before. */
  readonly bad: Series;
  readonly after: number;
  /** Fires at no time. */
  readonly good: Series;
};

const DAY = 86_400;
const UP = 'up{job="noonmark"}';
const state = (is: string) => `noonmark_source_state{source="a:123",state="${is}"}`;
const systemClock = (is: string) => `noonmark_system_clock_state{state="${is}"}`;
const reachable = (source: string) => `noonmark_source_reachable{source="${source}"}`;
const EDGE = 'edge="https://a.example"';
const violations = `noonmark_edge_violations_total{${EDGE}}`;
const checks = (word: string) => `noonmark_edge_checks_total{${EDGE},word="${word}"}`;

const CASES: readonly Case[] = [
  {
    alert: 'NoonmarkDown',
    severity: 'critical',
    bad: { [UP]: '1 1 1 0x60' },
    after: 5,
    good: { [UP]: '1 1 0 1 0 1x60', 'up{job="other"}': '0x60' },
  },
  {
    alert: 'NoonmarkNotScraped',
    severity: 'critical',
    bad: { [UP]: '_x60', 'up{job="other"}': '1x60' },
    after: 5,
    good: { [UP]: '1 1 _ _ _ _ 1x60' },
  },
  {
    alert: 'NoonmarkUnsynchronized',
    severity: 'critical',
    bad: { noonmark_synchronized: '0x60' },
    after: 5,
    good: { noonmark_synchronized: '0 0 0 1x60' },
  },
  {
    alert: 'NoonmarkBoundTooWide',
    severity: 'warning',
    bad: { noonmark_clock_bound_seconds: '0.2x60', noonmark_synchronized: '1x60' },
    after: 10,
    good: { noonmark_clock_bound_seconds: '0.02x60', noonmark_synchronized: '1x60' },
  },
  {
    alert: 'NoonmarkNoSource',
    severity: 'critical',
    bad: { [reachable('a')]: '0x60', [reachable('b')]: '0x60' },
    after: 5,
    good: { [reachable('a')]: '1x60' },
  },
  {
    alert: 'NoonmarkFewSources',
    severity: 'warning',
    bad: { [reachable('a')]: '0x60', [reachable('b')]: '1x60' },
    after: 15,
    good: { [reachable('a')]: '0x60', [reachable('b')]: '1x60', [reachable('c')]: '1x60' },
  },
  {
    alert: 'NoonmarkFalseticker',
    severity: 'warning',
    bad: { [state('falseticker')]: '1x60', [state('selected')]: '0x60' },
    after: 30,
    good: { [state('falseticker')]: '1x20 0x40', [state('selected')]: '0x20 1x40' },
  },
  {
    alert: 'NoonmarkSourceUnresolved',
    severity: 'warning',
    bad: { [state('unresolved')]: '1x60' },
    after: 15,
    good: { [state('unresolved')]: '0x60', [state('unreachable')]: '1x60' },
  },
  {
    alert: 'NoonmarkKeyExchangeFails',
    severity: 'warning',
    bad: { 'noonmark_source_key_exchange_fault{source="a:123"}': '1x90' },
    after: 60,
    good: { 'noonmark_source_key_exchange_fault{source="a:123"}': '1x50 0x40' },
  },
  {
    alert: 'NoonmarkPublishFails',
    severity: 'critical',
    bad: { 'noonmark_publish_age_seconds{edge="https://a.example"}': '0+60x60' },
    after: 4,
    good: { 'noonmark_publish_age_seconds{edge="https://a.example"}': '16x60' },
  },
  {
    alert: 'NoonmarkEdgeViolation',
    severity: 'critical',
    bad: { [violations]: '0 0 0 1x60', [checks('agreed')]: '0+1x60', [checks('violation')]: '0 0 0 1x60' },
    after: 3,
    good: { [violations]: '4x60', [checks('agreed')]: '0+1x60' },
  },
  {
    alert: 'NoonmarkEdgeNotChecked',
    severity: 'warning',
    bad: { [checks('agreed')]: '3x90', [checks('violation')]: '0x90', [checks('no-time')]: '0+1x90' },
    after: 31,
    good: { [checks('agreed')]: '0+1x90', [checks('violation')]: '0x90' },
  },
  {
    alert: 'NoonmarkLeapListExpires',
    severity: 'warning',
    bad: { noonmark_leap_list_expiry_timestamp_seconds: `${10 * DAY}x90` },
    after: 60,
    good: { noonmark_leap_list_expiry_timestamp_seconds: `${15 * DAY}x90` },
  },
  {
    alert: 'NoonmarkLeapListFault',
    severity: 'warning',
    bad: { noonmark_leap_list_fault: '1x90' },
    after: 60,
    good: { noonmark_leap_list_fault: '1x50 0x40' },
  },
  {
    alert: 'NoonmarkCertificateExpires',
    severity: 'warning',
    bad: { noonmark_server_certificate_expiry_timestamp_seconds: `${10 * DAY}x90` },
    after: 60,
    good: { noonmark_server_certificate_expiry_timestamp_seconds: `${60 * DAY}x90` },
  },
  {
    alert: 'NoonmarkConfigurationFault',
    severity: 'warning',
    bad: { noonmark_configuration_fault: '1x60' },
    after: 5,
    good: { noonmark_configuration_fault: '0x60', noonmark_configuration_restart_needed: '1x60' },
  },
  {
    alert: 'NoonmarkFileFault',
    severity: 'warning',
    bad: { noonmark_file_faults: '1x60' },
    after: 5,
    good: { noonmark_file_faults: '0 2 2 0x60' },
  },
  {
    alert: 'NoonmarkStateNotWritable',
    severity: 'warning',
    bad: { noonmark_state_writable: '0x60' },
    after: 5,
    good: { noonmark_state_writable: '0 0 1x60' },
  },
  {
    alert: 'NoonmarkThreadFails',
    severity: 'warning',
    bad: { 'noonmark_thread_failures_total{thread="server"}': '0 0 0 0 0 1x60' },
    after: 5,
    good: { 'noonmark_thread_failures_total{thread="server"}': '3x60' },
  },
  {
    alert: 'NoonmarkClockJumped',
    severity: 'warning',
    bad: { 'noonmark_clock_jumps_total{reason="slept"}': '0 0 0 0 0 1x60' },
    after: 5,
    good: {
      'noonmark_clock_jumps_total{reason="slept"}': '0x60',
      'noonmark_clock_jumps_total{reason="wall-set"}': '0+1x60',
    },
  },
  {
    alert: 'NoonmarkHostClockOff',
    severity: 'warning',
    bad: { noonmark_host_clock_offset_seconds: '-0.5x60', noonmark_clock_bound_seconds: '0.01x60' },
    after: 15,
    good: { noonmark_host_clock_offset_seconds: '0.05x60', noonmark_clock_bound_seconds: '0.01x60' },
  },
  {
    alert: 'NoonmarkSystemClockLeft',
    severity: 'warning',
    bad: { [systemClock('owned-by-another')]: '1x60', [systemClock('tracking')]: '0x60' },
    after: 10,
    good: { [systemClock('owned-by-another')]: '0x60', [systemClock('slewing')]: '1x60', [systemClock('off')]: '1x60' },
  },
  {
    alert: 'NoonmarkServerOverloaded',
    severity: 'warning',
    bad: { 'noonmark_server_dropped_total{word="overloaded"}': '0+9x60' },
    after: 11,
    good: {
      'noonmark_server_dropped_total{word="overloaded"}': '7x60',
      'noonmark_server_dropped_total{word="mode"}': '0+9x60',
    },
  },
  {
    alert: 'NoonmarkMainThreadBusy',
    severity: 'warning',
    bad: { 'nodejs_eventloop_active_seconds_total{job="noonmark"}': '0+57x60' },
    after: 15,
    good: {
      'nodejs_eventloop_active_seconds_total{job="noonmark"}': '0+6x60',
      'nodejs_eventloop_active_seconds_total{job="other"}': '0+57x60',
    },
  },
  {
    alert: 'NoonmarkRestarts',
    severity: 'warning',
    bad: { 'process_start_time_seconds{job="noonmark"}': '0 0 100 200 300x60' },
    after: 4,
    good: { 'process_start_time_seconds{job="noonmark"}': '0 0 100x60' },
  },
];

/** It is scraped, unless the case is about that. */
const seriesOf = (series: Series) =>
  Object.entries({ [UP]: '1x90', ...series }).map(([series, values]) => ({ series, values }));
/** All alerts that fire then, not this one alone. */
const firingAt = (minute: number, samples: readonly object[]) => ({
  expr: 'count by (alertname, severity) (ALERTS{alertstate="firing"})',
  eval_time: `${minute}m`,
  exp_samples: samples,
});

const descriptionOf = (alert: string): string | undefined => {
  const [, rule = ''] = new RegExp(`(- alert: ${alert}[\\s\\S]*?)\\n\\n`).exec(text) ?? [];
  return /description: >-\n([\s\S]*)/.exec(rule)?.[1]?.trim().replace(/\s+/g, ' ');
};

describe.skipIf(!hasPromtool)('the alerts', () => {
  it('are rules of Prometheus', async () => {
    expect(await promtool(['check', 'rules', RULES])).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });
  });

  it('are all tried here', () => {
    expect(CASES.map(({ alert }) => alert)).toEqual([...text.matchAll(/- alert: (\w+)/g)].map(([, alert]) => alert));
  });

  it('page somebody for what docs/monitoring.md says, and for nothing else', () => {
    const [, section = ''] = /## What to be paged for\n([\s\S]*?)\nAll others/.exec(monitoring) ?? [];
    const critical = CASES.filter(({ severity }) => severity === 'critical').map(({ alert }) => alert);
    expect(section.match(/Noonmark\w+/g)?.sort()).toEqual(critical.sort());
  });

  it.each(CASES)('$alert fires after $after minutes, and it alone', async ({ alert, severity, bad, after, good }) => {
    const fires = [{ labels: `{alertname="${alert}", severity="${severity}"}`, value: 1 }];
    const minutes = Array.from({ length: 60 }, (_, minute) => minute);
    expect(
      await testRules(RULES, [
        {
          interval: '1m',
          input_series: seriesOf(bad),
          promql_expr_test: [firingAt(after - 1, []), firingAt(after, fires)],
        },
        {
          interval: '1m',
          input_series: seriesOf(good),
          promql_expr_test: minutes.map((minute) => firingAt(minute, [])),
        },
      ]),
    ).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });
  });

  it('say what it is about, and where', async () => {
    const [edge, instance] = ['https://a.example', 'gw-1:9123'];
    const description = descriptionOf('NoonmarkPublishFails');
    const exp_alerts = [
      {
        exp_labels: { edge, instance, severity: 'critical' },
        exp_annotations: { summary: `${edge} has taken no sample of noonmark on ${instance} for 5m 0s`, description },
      },
    ];
    const series = `noonmark_publish_age_seconds{edge="${edge}",instance="${instance}"}`;
    const alert_rule_test = [{ alertname: 'NoonmarkPublishFails', eval_time: '5m', exp_alerts }];
    expect(
      await testRules(RULES, [{ interval: '1m', input_series: seriesOf({ [series]: '0+60x60' }), alert_rule_test }]),
    ).toEqual({ code: 0, said: expect.stringContaining('SUCCESS') });
  });

  it.each([
    { expires: 10 * DAY, said: 'expires in 9d 23h 0m 0s' },
    { expires: -10 * DAY, said: 'has expired' },
  ])('say of a file that it $said', async ({ expires, said }) => {
    const description = descriptionOf('NoonmarkLeapListExpires');
    const summary = `the leap second file of noonmark on gw-1 ${said}`;
    const labels = { instance: 'gw-1', severity: 'warning' };
    const exp_alerts = [{ exp_labels: labels, exp_annotations: { summary, description } }];
    const alert_rule_test = [{ alertname: 'NoonmarkLeapListExpires', eval_time: '60m', exp_alerts }];
    const input_series = seriesOf({ 'noonmark_leap_list_expiry_timestamp_seconds{instance="gw-1"}': `${expires}x90` });
    expect(await testRules(RULES, [{ interval: '1m', input_series, alert_rule_test }])).toEqual({
      code: 0,
      said: expect.stringContaining('SUCCESS'),
    });
  });
});
