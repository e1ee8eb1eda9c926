import { describe, expect, it } from 'vitest';
import { nanos, seconds, unixNanos } from '#contract/time.ts';
import type { SourceEstimate } from '../../../ntp-gateway/discipline/estimator.ts';
import { type Candidate, select } from '../../../ntp-gateway/discipline/selection.ts';
import { estimateOf } from '../../support/estimate.ts';

const TRUTH = unixNanos(1_795_336_200_000_000_000n);

/** A source whose interval runs from `from` to `to` ms after the truth. */
const saying = (from: number, to: number): SourceEstimate => estimateOf(TRUTH, from, to);
const HOUR = 3_600_000;
const good = saying(-10, 10);
const candidate = (id: string, estimate?: SourceEstimate, others: Partial<Candidate> = {}): Candidate => ({
  id,
  reachable: true,
  pending: false,
  options: {},
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

  it('gives sources of one root one vote: the first that can speak has it', () => {
    const of = (voteOf: string) => ({ voteOf });
    const [lie, truth] = [saying(HOUR, HOUR + 1), good];
    const told = (...candidates: readonly Candidate[]) => {
      const { majority, verdicts } = select(candidates);
      return { by: majority?.members.map(({ id }) => id), verdicts: candidates.map(({ id }) => verdicts.get(id)) };
    };
    expect(told(candidate('a', truth, of('x')), candidate('b', truth, of('x')), candidate('c', truth))).toEqual({
      by: ['a', 'c'],
      verdicts: ['selected', 'repeats', 'selected'],
    });
    // Two edges of one gateway that lies, against two others.
    const fed = [candidate('a', lie, of('x')), candidate('b', lie, of('x'))];
    expect(told(...fed, candidate('c', truth), candidate('d', truth, of('y')))).toEqual({
      by: ['c', 'd'],
      verdicts: ['falseticker', 'repeats', 'selected', 'selected'],
    });
    expect(told(candidate('a', truth, { ...of('x'), reachable: false }), candidate('b', truth, of('x')))).toEqual({
      by: ['b'],
      verdicts: ['unreachable', 'selected'],
    });
    expect(
      told(candidate('a', truth, { ...of('x'), options: { noselect: true } }), candidate('b', truth, of('x'))),
    ).toEqual({
      by: ['b'],
      verdicts: ['noselect', 'selected'],
    });
  });

  it('gives none to a root whose sources exclude each other: one of them lies, and nothing says which', () => {
    const of = (id: string, one: SourceEstimate, voteOf: string) => candidate(id, one, { voteOf });
    const [lie, truth] = [saying(HOUR, HOUR + 1), good];
    for (const split of [
      [of('a', lie, 'x'), of('b', truth, 'x')],
      [of('a', truth, 'x'), of('b', saying(-1, 1), 'x'), of('c', lie, 'x')],
    ]) {
      const alone = select(split);
      expect(alone.majority).toBeUndefined();
      expect([...alone.verdicts.values()]).toEqual(split.map(() => 'contradicted'));
      const beside = select([...split, of('d', truth, 'y')]);
      expect(beside.majority?.members.map(({ id }) => id)).toEqual(['d']);
      expect(beside.verdicts.get('a')).toBe('contradicted');
    }
    // Whoever is silent, or has no vote anyway, contradicts nobody.
    const others = [candidate('b', truth, { voteOf: 'x', reachable: false })];
    expect(select([of('a', lie, 'x'), ...others]).majority?.members[0]?.id).toBe('a');
  });

  it('does not wait for another of the same root', () => {
    const pending = { pending: true, reachable: false };
    const sources = [candidate('a', good, { voteOf: 'x' }), candidate('b', undefined, { ...pending, voteOf: 'x' })];
    expect(select(sources).majority?.members.map(({ id }) => id)).toEqual(['a']);
    expect(select([sources[0]!, candidate('b', undefined, { ...pending, voteOf: 'y' })]).majority).toBeUndefined();
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

  const options = (one: SourceEstimate | undefined, said: Candidate['options']) =>
    candidate(JSON.stringify(said), one, { options: said });

  it('asks no vote of a source with noselect', () => {
    const sources = [candidate('a', good), options(saying(HOUR, HOUR + 1), { noselect: true })];
    const { verdicts, majority } = select(sources);
    expect([...verdicts.values()]).toEqual(['noselect', 'selected']);
    expect(majority?.members).toHaveLength(1);
  });

  it('neither asks a vote of a source that does not authenticate itself, nor waits for it, where NTS is required', () => {
    const pending = { pending: true, reachable: false };
    const sources = [
      candidate('plain', saying(HOUR, HOUR + 1)),
      candidate('nts', good, { authenticated: true }),
      candidate('plain and late', undefined, pending),
    ];
    const { verdicts, majority } = select(sources, 1, true);
    expect(sources.map(({ id }) => verdicts.get(id))).toEqual(['unauthenticated', 'selected', 'unauthenticated']);
    expect(majority?.members.map(({ id }) => id)).toEqual(['nts']);
    const late = candidate('nts and late', undefined, { ...pending, authenticated: true });
    expect(select([...sources, late, { ...late, id: 'another' }], 1, true).majority).toBeUndefined();
    expect(select(sources).majority).toBeUndefined();
  });

  it('neither asks a vote of a source whose clock is smeared now, nor waits for it', () => {
    const smeared = candidate('a', undefined, { smeared: true, pending: true });
    const { verdicts, majority } = select([smeared, candidate('b', good), { ...smeared, id: 'c', reachable: false }]);
    expect([...verdicts]).toEqual(
      expect.arrayContaining([
        ['a', 'smears'],
        ['b', 'selected'],
        ['c', 'unreachable'],
      ]),
    );
    expect(majority?.members).toHaveLength(1);
  });

  it('lets trusted sources decide alone, and follows others that agree with them', () => {
    const off = saying(50, 70);
    const sources = [options(good, { trust: true }), candidate('b', off), candidate('c', off), candidate('d', good)];
    const { verdicts } = select(sources);
    expect([...verdicts.values()]).toEqual(['selected', 'falseticker', 'falseticker', 'selected']);
  });

  it('waits for a trusted source alone, where there is one', () => {
    const sources = [options(good, { trust: true }), candidate('b', undefined, { pending: true })];
    expect(select(sources).majority).toBeDefined();
  });

  it('says nothing where fewer agree than min_sources asks for', () => {
    const { verdicts, majority } = select([candidate('a', good), candidate('b', good)], 3);
    expect(majority).toBeUndefined();
    expect([...verdicts.values()]).toEqual(['too-few', 'too-few']);
    expect(select([candidate('a', good), candidate('b', good)], 2).majority).toBeDefined();
  });

  it('has no use for a source whose replies scatter by more than 1 s', () => {
    const scattered = { ...good, standardDeviation: nanos(seconds(1) + 1) };
    expect([...select([candidate('a', scattered)]).verdicts.values()]).toEqual(['too-jittery']);
  });
});
