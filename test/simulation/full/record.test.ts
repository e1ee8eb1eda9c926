/** What was recorded of a simulated day runs again without the world, and comes out the same. */
import { expect, it } from 'vitest';
import { seconds } from '#contract/time.ts';
import { clockOf } from '../../../ntp-gateway/core/state.ts';
import { replayAll } from '../../support/recorded.ts';
import { recordWorld } from '../recorded-world.ts';

it('a recording of a day comes out the same, bit for bit', async () => {
  const { world, lines } = await recordWorld(seconds(86_400));
  const replay = replayAll(lines);

  expect(replay).toMatchObject({ ended: true, lines: lines.length, agreedAt: lines.length });
  expect(replay?.events).toBeGreaterThan(2 * 86_400);
  expect(replay?.core).toStrictEqual(world.gateway().core());
  expect(replay && clockOf(replay.core)?.epoch).toBe(2);
  const { near = 0, turncoat = 0 } = Object.fromEntries(
    Object.entries(replay?.measurements ?? {}).map(([id, count]) => [id.replace(':123', ''), count]),
  );
  expect(near).toBeGreaterThan(84);
  expect(turncoat).toBeGreaterThan(84);
});
