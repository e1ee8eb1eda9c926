/** A gateway on port 123 of a network of its own, whose upstream is ahead of this host: who is ahead too has asked it. */
import { expect } from 'vitest';
import type { Child } from './child.ts';
import { startChronyd } from './chronyd.ts';
import { type GatewayOptions, startGateway, untilWithin } from './gateway.ts';
import { startBeside, startWithoutRoute } from './no-route.ts';
import type { stopAfterAll } from './stop-after-all.ts';

export const startShiftedGateway = async (
  keep: ReturnType<typeof stopAfterAll>,
  shiftSeconds: number,
  options: Pick<GatewayOptions, 'server'> = {},
): Promise<Child> => {
  const upstream = await keep(startChronyd({ shiftSeconds, stratum: 1, start: startWithoutRoute }));
  const gateway = await keep(
    startGateway({
      ...options,
      sources: [{ ...upstream, minPoll: -4 }],
      listen: ['0.0.0.0:123', '[::]:123'],
      start: startBeside(upstream.child),
    }),
  );
  await untilWithin(gateway, 1);
  return gateway.child;
};

/** What one exchange may be off by grows with its delay: clients that keep no more than one or a few say so themselves. */
export const expectShift = (
  { offset, delay }: { readonly offset: number; readonly delay: number },
  shiftSeconds: number,
): void => {
  expect(delay).toBeLessThan(0.1);
  expect(Math.abs(offset - shiftSeconds)).toBeLessThan(0.001 + delay / 2);
};
