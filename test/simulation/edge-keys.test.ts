/** Days of an edge's keys: the real publishers of three gateways and the real rules of the edge, in virtual time. */
import { describe, expect, it } from 'vitest';
import type { Delegation } from '#contract/delegation.ts';
import type { Interval } from '#contract/interval.ts';
import { after, between, milliseconds, seconds, type UnixNanos } from '#contract/time.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import type { Clock } from '../../ntp-gateway/discipline/clock.ts';
import { newPublisher, type PublisherEvent, stepPublisher } from '../../ntp-gateway/publish/publisher.ts';
import { type Signer, signerFor } from '../../worker/edge-keys.ts';
import { clockOf, DRAWN } from '../support/clock.ts';
import { randomFrom } from '../support/dice.ts';
import { ORIGIN } from './edge.ts';
import { makeKeysOfEdge, writeDelegation } from './keys-of-edge.ts';
import { START } from './world.ts';

const HOUR = 3_600;
const DAY = 24 * HOUR;
const EVERY = 16;

const truthAt = (s: number): UnixNanos => after(START, seconds(s));
/** As a gateway has it whose clock is ahead by so many seconds. */
const clockAt = (s: number, aheadS: number, over: Partial<Clock>): Clock =>
  clockOf(truthAt(s + aheadS), { at: after(DRAWN, seconds(s)), ...over });

/** @param over - of its clock at that moment, and how far that is ahead; undefined while it is away. */
type Ways = (s: number) => (Partial<Clock> & { readonly aheadS?: number }) | undefined;

/** What a gateway that lies makes of its sample, as `s` seconds have passed. */
type Lie = (sample: TimeSample, s: number) => TimeSample;

const makeGateway = (gateway: string, ways: Ways, lie: Lie) => {
  let publisher = newPublisher(3);
  const config = { gateway, origin: ORIGIN, interval: seconds(EVERY) };
  return {
    post: (s: number, edge: (sample: TimeSample) => readonly string[]): void => {
      const { aheadS = 0, ...over } = ways(s) ?? {};
      if (!ways(s)) return;
      const clock = clockAt(s, aheadS, over);
      const step = (event: PublisherEvent) => {
        const [next, actions] = stepPublisher(publisher, event, clock, config);
        publisher = next;
        return actions;
      };
      const at = after(DRAWN, seconds(s));
      const [action] = step({ kind: 'due', now: at, jitter: 0.5 });
      if (action?.kind !== 'post') throw new Error(`no post but ${action?.kind}`);
      const { sample, delegations = [] } = action;
      const sha256 = 'h'.repeat(43);
      const edgeKeys = edge(lie({ ...sample, delegations: delegations.map(writeDelegation) }, s));
      step({ kind: 'departed', at, sha256 });
      const clocks = { isolate: 'i', isolateUnixMs: 0, departedUnixMs: 0, object: 'o', objectUnixMs: 0 };
      const reading = { sampleSha256: sha256, ...clocks };
      const body = { ...reading, location: 'sim', nonce: sha256, edgeKeys };
      step({ kind: 'answered', at, jitter: 0.5, answer: { status: 200, body } });
    },
  };
};

type Options = {
  readonly days?: number;
  readonly ways?: readonly Ways[];
  /** Of the last gateway. */
  readonly lie?: Lie;
  /** The object's clock, less true time. */
  readonly clockErrorMs?: (s: number) => number;
  /** Where the edge believes that true time is, ahead of it: all its gateways may be wrong. */
  readonly believedS?: (s: number) => number;
};

const always: Ways = () => ({});
const around = (point: UnixNanos): Interval => ({
  earliest: after(point, milliseconds(-30)),
  latest: after(point, milliseconds(30)),
});

const run = (options: Options) => {
  const { days = 4, ways = [always, always, always], lie, clockErrorMs = () => 0, believedS = () => 0 } = options;
  const edge = makeKeysOfEdge();
  const honest: Lie = (sample) => sample;
  const gateways = ways.map((one, i) => makeGateway(`gw-${i + 1}`, one, (i === ways.length - 1 && lie) || honest));
  const seen: { readonly s: number; readonly signer: Signer | undefined; readonly ageS: number }[] = [];
  let most = 0;
  for (let s = 0; s < days * DAY; s += EVERY) {
    gateways.forEach((gateway, i) => {
      const now = s + i;
      const believed = around(truthAt(now + believedS(now)));
      const unixMs = Number(truthAt(now) / 1_000_000n) + clockErrorMs(now);
      gateway.post(now, (sample) => edge.vouch(sample, ORIGIN, unixMs, believed));
      const signer = signerFor(edge.keys(), ORIGIN, believed);
      seen.push({ s: now, signer, ageS: signer ? (unixMs - signer.key.madeUnixMs) / 1_000 : Number.NaN });
      most = Math.max(most, edge.keys().length);
    });
  }
  const settled = seen.filter(({ s }) => s > 4 * EVERY);
  return { edge, settled, most, signers: new Set(settled.map(({ signer }) => signer?.key.id)) };
};
const vouchersOf = ({ signer }: { readonly signer: Signer | undefined }) => signer?.delegations.length ?? 0;

describe('the edge’s keys', () => {
  it('take turns daily, each vouched for by all gateways before it signs, without a gap', () => {
    const { edge, settled, most, signers } = run({});
    expect(settled.every((one) => vouchersOf(one) === 3)).toBe(true);
    expect(Math.max(...settled.map(({ ageS }) => ageS))).toBeLessThan(DAY + 3 * EVERY);
    expect(Math.min(...settled.slice(1_000).map(({ ageS }) => ageS))).toBeLessThan(4 * EVERY);
    expect([signers.size, edge.made()]).toEqual([4, 4]);
    expect(most).toBe(2);
    expect(edge.refusals).toEqual([]);
  });

  it('never rest on a delegation with less than 15 h to go, nor longer than 24 h', () => {
    const { settled } = run({ days: 2 });
    for (const { s, signer } of settled)
      for (const { validFromUnixNs, validUntilUnixNs } of signer?.delegations ?? []) {
        expect(between(truthAt(s), validUntilUnixNs)).toBeGreaterThan(seconds(15 * HOUR));
        expect(between(validFromUnixNs, validUntilUnixNs)).toBe(seconds(DAY));
      }
  });

  it('rotate while a gateway is away: the old key signs until that gateway’s word for it ends', () => {
    const gone = (s: number) => s > 23 * HOUR && s < 60 * HOUR;
    const { settled, signers, most } = run({ ways: [always, always, (s) => (gone(s) ? undefined : {})] });
    expect(settled.every((one) => vouchersOf(one) >= 2)).toBe(true);
    expect(settled.filter(({ s }) => s < 37 * HOUR).every((one) => vouchersOf(one) === 3)).toBe(true);
    expect(Math.max(...settled.map(({ ageS }) => ageS))).toBeLessThan(2 * DAY);
    expect(signers.size).toBe(4);
    expect(most).toBeLessThanOrEqual(3);
  });

  it('give way to their successor within two days, though a gateway vouches for the first one alone for ever', () => {
    let first: string | undefined;
    const lie: Lie = (sample, s) => {
      first ??= sample.delegations?.[0];
      if (first === undefined) return sample;
      const [validFromUnixNs, validUntilUnixNs] = [truthAt(s - 600), truthAt(s - 600 + DAY)];
      const word = { ...(JSON.parse(first) as Delegation), validFromUnixNs, validUntilUnixNs };
      return { ...sample, delegations: [writeDelegation(word)] };
    };
    const { settled, signers } = run({ days: 6, lie });
    expect(settled.every((one) => vouchersOf(one) >= 2)).toBe(true);
    expect(Math.max(...settled.map(({ ageS }) => ageS))).toBeLessThan(2 * DAY);
    expect(signers.size).toBeGreaterThan(4);
  });

  it('are still vouched for after all gateways were away for 15 h', () => {
    const away: Ways = (s) => (s > 30 * HOUR && s < 45 * HOUR ? undefined : {});
    expect(run({ days: 2, ways: [away, away] }).settled.every((one) => vouchersOf(one) === 2)).toBe(true);
  });

  it('are no more than four, and without a gap, whatever the object’s clock does', () => {
    const dice = randomFrom(7);
    const { settled, most } = run({ days: 1, clockErrorMs: () => (dice.fraction() - 0.5) * 20 * DAY * 1_000 });
    expect(settled.every((one) => vouchersOf(one) === 3)).toBe(true);
    expect(most).toBeLessThanOrEqual(4);
  });

  it('are not delegated by a gateway that no source answers', () => {
    const { settled, edge } = run({ days: 1, ways: [() => ({ synchronized: false })] });
    expect(settled.every(({ signer }) => signer === undefined)).toBe(true);
    expect(edge.refusals).toEqual([]);
  });

  it('are vouched for again, at once, after the only gateway was a year ahead and stepped back', () => {
    const aheadS = (s: number) => (s < HOUR ? 365 * DAY : 0);
    const ways: Ways = (s) => ({ aheadS: aheadS(s), epoch: s < HOUR ? 3 : 4 });
    const { settled, edge } = run({ days: 1, ways: [ways], believedS: aheadS });
    expect(settled.filter((one) => vouchersOf(one) !== 1).length).toBeLessThanOrEqual(1);
    for (const { delegations } of edge.keys())
      for (const one of delegations) expect(one.validUntilUnixNs).toBeLessThan(truthAt(3 * DAY));
  });
});
