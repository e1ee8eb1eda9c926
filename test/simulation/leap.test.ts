/** A leap second is inserted while servers say so: the interval holds POSIX time as the servers step through it. */
import { expect, it } from 'vitest';
import { contains } from '#contract/interval.ts';
import { after, nanos, seconds, unixNanos } from '#contract/time.ts';
import { encodePacket } from '../../ntp-gateway/wire/ntp-packet.ts';
import { makeServer } from './server.ts';
import { makeWorld } from './world.ts';

const MIDNIGHT = unixNanos(BigInt(Date.parse('2027-01-01T00:00:00Z')) * 1_000_000n);

it('a leap second: 1 s wider from 2 s before until measured anew, then a new epoch', async () => {
  // The world's clock does not leap, so POSIX time falls 1 s behind it as the servers repeat the last second.
  const posix = (now: bigint) => unixNanos(now < MIDNIGHT ? now : now - 1_000_000_000n);
  const makeLeaping = () => {
    let announces = true;
    return makeServer({
      error: (now) => {
        announces = now < MIDNIGHT;
        return announces ? nanos(0) : seconds(-1);
      },
      replies: (reply, delay) => [{ bytes: encodePacket({ ...reply, leap: announces ? 'insert' : 'none' }), delay }],
    });
  };
  const servers = { a: makeLeaping(), b: makeLeaping(), c: makeLeaping() };
  const world = await makeWorld({ seed: 1, servers, start: after(MIDNIGHT, seconds(-1_800)) });
  let widened = 0;
  await world.pass(seconds(3_600), () => {
    const claim = world.claim();
    if (claim) expect(contains(claim, posix(world.now()))).toBe(true);
    if (claim && claim.latest - claim.earliest > 1_000_000_000n) widened++;
  });
  expect(widened).toBeGreaterThan(1);
  expect(widened).toBeLessThan(90);
  expect(world.gateway().core().epoch).toBe(2);
  expect(world.claim()).toBeDefined();
});
