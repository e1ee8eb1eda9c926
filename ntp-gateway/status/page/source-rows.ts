/** The table of the sources: what each says, and why it counts or does not. */
import { authenticationText } from '../authentication.ts';
import { secondsText } from '../figures.ts';
import type { Sources } from '../sources.ts';
import { whyOf } from '../tables.ts';
import { agoText, boundText, lengthText, offsetText } from './figures.ts';
import { type Cell, marked, number, table } from './tables.ts';
import type { Mark } from './verdict.ts';
import { type Tag, unseen, view } from './view.ts';

type Source = Sources[number];

/** Neither well nor unwell. */
const NEITHER: readonly Source['state'][] = [
  'waiting',
  'unresolved',
  'noselect',
  'duplicate',
  'replaced',
  'smears',
  'repeats',
  'orphan',
];
export const markOf = (state: Source['state']): Mark =>
  state === 'selected' ? 'good' : NEITHER.includes(state) ? 'open' : 'bad';

/** @param colours - of the pictures' lines, by id. */
export const sourcesView = (sources: Sources, colours: ReadonlyMap<string, number>): Tag => {
  const heads = [
    'Source',
    ...['Offset', 'Bound', 'Delay', 'Stratum', 'Poll'].map(number),
    'Reach',
    number('Last heard'),
    'Authentic by',
  ];
  return table(
    'Sources',
    heads,
    sources.map((source) => rowOf(source, colours.get(source.id))),
  );
};

const rowOf = (source: Source, colour: number | undefined): readonly Cell[] => {
  const mark = markOf(source.state);
  const swatch = colour === undefined ? [] : [view('span', { class: `swatch line${colour}`, 'aria-hidden': 'true' })];
  const name: Cell = {
    class: `source ${mark}`,
    views: [...swatch, source.id, view('span', { class: 'why' }, marked(mark, source.state), `: ${whyOf(source)}`)],
  };
  if (!('reach' in source)) return [name, ...Array(8).fill('')];
  const { offsetMs, uncertaintyMs, delayMs, stratum, pollSeconds, reach, lastMeasuredSeconds, authentication } = source;
  return [
    name,
    number(offsetMs === undefined ? '' : offsetText(offsetMs)),
    number(uncertaintyMs === undefined ? '' : `±${boundText(uncertaintyMs)}`),
    number(delayMs === undefined ? '' : lengthText(delayMs)),
    number(`${stratum ?? ''}`),
    number(secondsText(pollSeconds)),
    { class: 'reach', views: [reachView(reach)] },
    number(lastMeasuredSeconds === undefined ? 'never' : agoText(lastMeasuredSeconds)),
    authenticationText(authentication) || { class: 'more', views: ['nothing'] },
  ];
};

/** The last eight polls, the newest at the right. @param octal - chronyd's and ntpd's register. */
export const reachView = (octal: string): Tag => {
  const bits = Number.parseInt(octal, 8).toString(2).padStart(8, '0').slice(-8);
  const answered = [...bits].filter((bit) => bit === '1').length;
  const dots = [...bits].map((bit) => view('span', { class: bit === '1' ? 'dot hit' : 'dot', 'aria-hidden': 'true' }));
  return view('span', { title: `reach ${octal}` }, ...dots, unseen(`${answered} of the last 8 polls answered`));
};
