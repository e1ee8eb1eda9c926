import { describe, expect, it } from 'vitest';
import { after, milliseconds, unixNanos } from '#contract/time.ts';
import type { SourceEstimate } from '../../../ntp-gateway/discipline/estimator.ts';
import { type Candidate, select } from '../../../ntp-gateway/discipline/selection.ts';

const TRUTH = unixNanos(1_795_336_200_000_000_000n);

/** A source whose interval runs from `from` to `to` ms after the truth. */
const saying = (from: number, to: number): SourceEstimate => ({
  interval: { earliest: after(TRUTH, milliseconds(from)), latest: after(TRUTH, milliseconds(to)) },
  time: after(TRUTH, milliseconds((from + to) / 2)),
  standardDeviation: milliseconds(0.1),
  frequency: 0,
  frequencyBounds: { least: -1e-6, greatest: 1e-6 },
});
const HOUR = 3_600_000;
const good = saying(-10, 10);
const candidate = (id: string, estimate?: SourceEstimate, others: Partial<Candidate> = {}): Candidate => ({
  id,
  reachable: true,
  pending: false,
  ...(estimate && { estimate }),
  ...others,
});

describe('selection', () => {
  it.each([
    { name: 'one source is its own majority', sources: [good], verdicts: ['selected'] },
    {
      name: 'one of three is an hour off',
      sources: [good, saying(HOUR - 1, HOUR + 1), good],
      verdicts: ['selected', 'falseticker', 'selected'],
    },
    {
      name: 'one of three is 50 ms off with a tight bound',
      sources: [good, saying(49, 51), good],
      verdicts: ['selected', 'falseticker', 'selected'],
    },
    {
      name: 'two that contradict each other',
      sources: [good, saying(49, 51)],
      verdicts: ['no-majority', 'no-majority'],
    },
    {
      name: 'three of five lie, each differently (chrony 009-sourceselection)',
      sources: [good, good, saying(49, 51), saying(99, 101), saying(-99, -98)],
      verdicts: ['no-majority', 'no-majority', 'no-majority', 'no-majority', 'no-majority'],
    },
    {
      name: 'two of five lie (chrony 009-sourceselection)',
      sources: [good, good, saying(49, 51), saying(99, 101), good],
      verdicts: ['selected', 'selected', 'falseticker', 'falseticker', 'selected'],
    },
    {
      name: 'a root distance over 1.5 s',
      sources: [good, saying(-1_501, 1_501)],
      verdicts: ['selected', 'too-distant'],
    },
  ])('$name', ({ sources, verdicts }) => {
    const selection = select(sources.map((estimate, i) => candidate(`s${i}`, estimate)));
    expect(sources.map((_, i) => selection.verdicts.get(`s${i}`))).toEqual(verdicts);
    const selected = verdicts.filter((verdict) => verdict === 'selected').length;
    expect(selection.majority?.members.length ?? 0).toBe(selected);
  });

  it('gives all that a majority allows, not the deepest intersection alone', () => {
    const { majority } = select(
      [saying(-10, 2), saying(-1, 10), saying(1, 3)].map((one, i) => candidate(`s${i}`, one)),
    );
    expect(majority?.interval).toEqual(saying(-1, 3).interval); // any two of the three may be the honest ones
  });

  it('does not let the first to answer decide alone while others may yet speak', () => {
    const sources = [
      candidate('liar', saying(HOUR, HOUR + 1)),
      ...['a', 'b'].map((id) => candidate(id, undefined, { pending: true, reachable: false })),
    ];
    const { majority, verdicts } = select(sources);
    expect(majority).toBeUndefined();
    expect(verdicts.get('liar')).toBe('waiting');
    expect(select(sources.map((one) => ({ ...one, pending: false }))).majority?.members[0]?.id).toBe('liar');
  });

  it('gives no vote to the silent beside those who speak, and the last word to them where all are silent', () => {
    const silent = { reachable: false };
    const speaking = select([
      candidate('a', good),
      candidate('b', saying(99, 101), silent),
      candidate('c', saying(99, 101), silent),
    ]);
    expect(speaking.majority?.members.map(({ id }) => id)).toEqual(['a']);
    expect(speaking.verdicts.get('b')).toBe('unreachable');
    expect(select([candidate('a', good, silent)]).majority?.members.map(({ id }) => id)).toEqual(['a']);
  });
});
