/** A host whose clock is led by the real core: a fake kernel in the virtual world. */

import { expect } from 'vitest';
import { contains } from '#contract/interval.ts';
import { after, between, type Nanos, nanos, unixNanos } from '#contract/time.ts';
import type { SystemClockConfig } from '../../ntp-gateway/config.ts';
import { STA_UNSYNC } from '../../ntp-gateway/discipline/kernel-clock.ts';
import { type KernelClockModel, makeKernelClock } from './kernel-clock.ts';
import { type ClockError, makeServer, type SimulatedServer } from './server.ts';
import { makeWorld, START, type World } from './world.ts';

type HostOptions = {
  readonly seed?: number;
  readonly mode?: SystemClockConfig;
  /** The host's clock less true time, at the start. */
  readonly off?: Nanos;
  /** Of its oscillator, a ratio; positive: it is slow. */
  readonly drift?: number;
  readonly servers?: Readonly<Record<string, SimulatedServer>>;
  readonly world?: Partial<Parameters<typeof makeWorld>[0]>;
  /** What was done to the kernel before. */
  readonly prepare?: (kernel: KernelClockModel) => void;
};

export const makeSteeredHost = async (options: HostOptions = {}) => {
  const { seed = 1, mode = 'slew', off = nanos(0), drift = 2e-5, prepare = () => {} } = options;
  const { servers = { a: makeServer(), b: makeServer(), c: makeServer() } } = options;
  const start = unixNanos(options.world?.start ?? START);
  let kernel!: KernelClockModel;
  const world = await makeWorld({
    seed,
    servers,
    oscillator: { frequency: drift, wander: 1e-9 },
    ...options.world,
    config: { systemClock: mode, ...options.world?.config },
    around: (ports) => {
      kernel = makeKernelClock(ports.mono, ports.slept!, after(start, off));
      prepare(kernel);
      return { ...ports, wall: kernel.wall, openSystemClock: kernel.open };
    },
  });
  return { world, kernel, state: () => world.gateway().systemClock() };
};

/** Looks each second: our interval holds true time, and so does what the kernel tells while it is ours. Errors in ns. */
export const watchHost = (
  { world, kernel }: { readonly world: World; readonly kernel: KernelClockModel },
  utc: ClockError = () => nanos(0),
) => {
  const looks: { readonly host: number; readonly ours: number; readonly isInside: boolean }[] = [];
  const rms = (count: number, of: 'host' | 'ours'): number =>
    Math.sqrt(looks.slice(-count).reduce((sum, one) => sum + one[of] ** 2, 0) / count);
  return {
    looks,
    look: (): void => {
      const claim = world.claim();
      if (!claim) return;
      const [truth, wall] = [after(world.now(), utc(world.now())), kernel.wall()];
      expect(contains(claim, truth)).toBe(true);
      const [host, ours] = [Math.abs(between(truth, wall)), Math.abs(between(truth, claim.time))];
      const { status, maxError } = kernel.read();
      const { word, written } = world.gateway().systemClock();
      const isOurs = written && ['tracking', 'slewing', 'unsynchronized'].includes(word);
      if (isOurs && !(status & STA_UNSYNC)) expect(maxError * 1e3).toBeGreaterThanOrEqual(host);
      looks.push({ host, ours, isInside: contains(claim, wall) });
    },
    /** The host's clock lies inside the interval, and is hardly farther off than the estimate that it is led to. */
    expectLed: (count: number): void => {
      expect(looks.slice(-count).filter(({ isInside }) => !isInside)).toEqual([]);
      expect(rms(count, 'host')).toBeLessThan(1.5 * rms(count, 'ours') + 20_000);
    },
  };
};
