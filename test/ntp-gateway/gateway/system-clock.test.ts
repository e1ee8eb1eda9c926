/** The configuration may change at any tick: nothing is opened before it asks, and what was begun ends when it asks no more. */
import { expect, it } from 'vitest';
import { between, monoNanos, nanos, seconds, unixNanos } from '#contract/time.ts';
import type { SystemClockConfig } from '../../../ntp-gateway/config.ts';
import type { Core } from '../../../ntp-gateway/core/state.ts';
import { rateOf } from '../../../ntp-gateway/discipline/kernel-clock.ts';
import { disciplineThrough } from '../../../ntp-gateway/gateway/system-clock.ts';
import type { Ports } from '../../../ntp-gateway/ports.ts';
import { makeKernelClock } from '../../simulation/kernel-clock.ts';
import { clockOf, DRAWN } from '../../support/clock.ts';

const NOON = 1_796_040_000_000_000_000n;

const makeHost = () => {
  let now = DRAWN;
  let systemClock: SystemClockConfig | undefined;
  let opened = 0;
  const logged: string[] = [];
  const mono = () => now;
  const kernel = makeKernelClock(mono, () => nanos(0), unixNanos(NOON - 100_000_000n));
  const ports = {
    mono,
    wall: kernel.wall,
    openSystemClock: () => {
      opened++;
      return kernel.open();
    },
    log: ({ msg }: { readonly msg: string }) => void logged.push(msg),
  };
  const line = clockOf(NOON);
  const core = () => ({
    config: { systemClock },
    line,
    vouched: line,
    speaks: true,
    selection: { verdicts: new Map() },
  });
  const host = disciplineThrough(ports as unknown as Ports, core as unknown as () => Core);
  return {
    kernel,
    logged,
    opened: () => opened,
    state: host.state,
    stop: host.stop,
    tick: (mode?: SystemClockConfig): void => {
      systemClock = mode;
      now = monoNanos(now + BigInt(seconds(1)));
      host.tick();
    },
    elapsed: () => between(DRAWN, now),
  };
};

it('is opened when it is first asked for, let go of without a slew, and known again', () => {
  const { kernel, logged, opened, state, tick } = makeHost();
  tick();
  tick();
  expect([opened(), kernel.rates, state().word]).toEqual([0, [], 'off']);
  tick('slew');
  expect([opened(), kernel.takeOvers(), state().word]).toEqual([1, 1, 'slewing']);
  expect(rateOf(kernel.read())).toBeGreaterThan(5e-3);
  tick('slew');
  tick();
  expect([state().word, rateOf(kernel.read())]).toEqual(['off', expect.closeTo(1e-5, 10)]);
  const writes = kernel.rates.length;
  tick();
  expect(kernel.rates.length).toBe(writes);
  tick('step-and-slew');
  expect([opened(), kernel.takeOvers(), state().word]).toEqual([2, 1, 'slewing']);
  expect(logged).toEqual([
    'system clock: slewing, slow by +0.1 s',
    'system clock: off',
    'system clock: slewing, slow by +0.088 s',
  ]);
});

it('ends with the gateway', () => {
  const { kernel, stop, tick } = makeHost();
  tick('slew');
  stop();
  expect(rateOf(kernel.read())).toBeCloseTo(1e-5, 10);
});
