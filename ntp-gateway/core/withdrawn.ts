/** What an entry of the configuration has in common with the one before it; and words, the operator's or a source's, that hold no longer. */
import type { MonoNanos } from '#contract/time.ts';
import type { SelectOptions, SourceConfig } from '../config.ts';
import { type Estimator, proveAnew } from '../discipline/estimator.ts';
import { within } from '../discipline/oscillator.ts';
import { isReadOtherwise } from '../source/reference-source.ts';
import { askAll } from './measured.ts';
import type { Core, CoreAction, CoreConfig } from './state.ts';

/** Plain data, built member by member in one order, as it is in a recording of it. */
export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Asked at the same place, and by the same proof of who it is. All else are options. */
export const isSameServer = (a: SourceConfig, b: SourceConfig): boolean => isSame(serverOf(a), serverOf(b));
const serverOf = ({ kind, host, port, nts, key }: SourceConfig) => [kind, host, port, nts ?? null, key ?? null];

/** That intervals may be as narrow as they are: an oscillator's drift, a path's asymmetry, a clock's uncertainty. */
export const isWordWithdrawn = (core: Core, now: CoreConfig): boolean => {
  const drifts = now.maxDrift > core.config.maxDrift;
  const paths = now.sources.some((one) => {
    const before = [...core.memberships.values()].find(({ config }) => isSameServer(config, one))?.config;
    return before !== undefined && asymmetryOf(one) > asymmetryOf(before);
  });
  const clocks = now.referenceClocks?.some((one) => {
    const before = core.referenceSources.get(one.name)?.clock.config;
    return before !== undefined && isReadOtherwise(before, one);
  });
  return drifts || paths || clocks === true;
};
const asymmetryOf = ({ maxAsymmetry }: SourceConfig): number => maxAsymmetry ?? Number.POSITIVE_INFINITY;

/**
 * All sources share the one oscillator, so what one of them proved too narrowly is in all of them. Each has its newest reply left,
 * and is asked again.
 */
export const proveAllAnew = (core: Core, now: MonoNanos): [Core, CoreAction[]] => {
  const anew = <Kind extends { readonly estimator?: Estimator }>(
    sources: ReadonlyMap<string, Kind>,
    asymmetry: (source: Kind) => SourceConfig['maxAsymmetry'] = () => undefined,
  ): ReadonlyMap<string, Kind> =>
    new Map(
      [...sources].map(([id, source]) => {
        const estimator = source.estimator && proveAnew(source.estimator, core.oscillator, asymmetry(source));
        return [id, estimator ? { ...source, estimator } : source];
      }),
    );
  const { maxDrift } = core.config;
  const proven = {
    ...core,
    sources: anew(core.sources, ({ config }) => config.maxAsymmetry),
    httpsSources: anew(core.httpsSources),
    referenceSources: anew(core.referenceSources),
    // By it certificates are judged until the next.
    ...(core.vouched && { vouched: { ...core.vouched, frequencyBounds: within(maxDrift) } }),
  };
  return askAll(proven, [...proven.sources.values(), ...proven.httpsSources.values()], now);
};

type Sources = Pick<Core, 'sources' | 'httpsSources' | 'referenceSources'>;

/** Who has none by what the operator says now, and did not before. */
export const withoutVote = (before: Sources, now: Sources): readonly string[] => {
  const trusts = (sources: Sources): boolean => optionsIn(sources).some(({ config: { trust } }) => trust);
  const isTrustNew = trusts(now) && !trusts(before);
  const isVoiceless = ({ trust, noselect }: SelectOptions) => noselect || (isTrustNew && !trust);
  return optionsIn(now).flatMap(({ id, config }) => (isVoiceless(config) ? [id] : []));
};

const optionsIn = (all: Sources): readonly { readonly id: string; readonly config: SelectOptions }[] => [
  ...all.sources.values(),
  ...all.httpsSources.values(),
  ...[...all.referenceSources].map(([id, { clock }]) => ({ id, config: clock.config })),
];
