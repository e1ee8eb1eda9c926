/** What else is to be said of the clock at a glance. */
import type { Sources } from '../sources.ts';
import type { Status } from '../status.ts';
import { boundText, fastText, lengthText } from './figures.ts';
import { type View, view } from './view.ts';

type Clock = NonNullable<Status['clock']>;
type Fact = readonly [name: string, value: string, more?: string];

const LEAPS: Readonly<Record<string, string>> = {
  none: 'none announced',
  insert: 'one is inserted',
  delete: 'one is left out',
};

export const factsOf = ({ clock, systemClock, jumps, epoch }: Status, sources: Sources): readonly Fact[] => [
  ...(clock ? clockFacts(clock, sources) : []),
  ...(systemClock ? [['System clock', systemClock.state, `discipline ${systemClock.discipline}`] as const] : []),
  ['Epoch', `${epoch}`, jumpsText(jumps)],
];

const clockFacts = (clock: Clock, sources: Sources): readonly Fact[] => {
  const { earlierMs, laterMs, standardDeviationMs, hostOffsetMs, frequencyPpm, frequencyBoundsPpm } = clock;
  const [least = 0, greatest = 0] = frequencyBoundsPpm;
  const tai = clock.taiOffsetSeconds;
  return [
    ['True time lies', `−${boundText(earlierMs)} to +${boundText(laterMs)}`, 'from what is told'],
    ['Standard deviation', lengthText(standardDeviationMs), 'of the best guess'],
    ...(hostOffsetMs === undefined ? [] : [['This host’s clock', fastText(hostOffsetMs)] as const]),
    ['Oscillator', `${signed(frequencyPpm)} ppm`, `within ${signed(least)} and ${signed(greatest)}`],
    ['Stratum', `${clock.stratum}`, referenceText(clock, sources)],
    ['Root delay', lengthText(clock.rootDelayMs)],
    ['Leap second', LEAPS[clock.leap] ?? clock.leap, leapBy(clock)],
    ['TAI − UTC', tai === null ? 'not known' : `${tai} s`],
  ];
};

const signed = (ppm: number): string => String(ppm).replace('-', '−');

/** A reference id is four letters at stratum 1, an IPv4 address above, and of others a hash that names nobody. */
const referenceText = ({ stratum, referenceId }: Clock, sources: Sources): string => {
  const octets = (referenceId.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  if (stratum <= 1) return `by ${String.fromCharCode(...octets.filter((octet) => octet > 31 && octet < 127))}`;
  const address = octets.join('.');
  return sources.some((source) => source.address === address) ? `by ${address}` : `reference id ${referenceId}`;
};

const leapBy = ({ leap, leapBy, leapAnnounced }: Clock): string =>
  `by the ${leapBy}${leapBy === 'list' && leapAnnounced !== leap ? `; most sources: ${leapAnnounced}` : ''}`;

const jumpsText = (jumps: Status['jumps']): string => {
  const told = Object.entries(jumps).map(([reason, times]) => `${reason} ${times}×`);
  return told.length === 0 ? 'no clock jumped' : `jumps: ${told.join(', ')}`;
};

export const factsView = (facts: readonly Fact[]): readonly View[] =>
  facts.map(([name, value, more]) =>
    view(
      'div',
      {},
      view('dt', {}, name),
      view('dd', {}, value),
      ...(more ? [view('dd', { class: 'more' }, more)] : []),
    ),
  );
