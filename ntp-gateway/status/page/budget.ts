/** What the width of the clock's interval is made of, as a bar and in figures. */
import type { Status } from '../status.ts';
import { boundText, lengthText, offsetText } from './figures.ts';
import { type Tag, type View, view } from './view.ts';

type Clock = NonNullable<Status['clock']>;

/** In words of this page; the JSON's are shorter. */
const PARTS: Readonly<Record<string, readonly [name: string, meaning: string]>> = {
  rootDistance: ['Root distance', 'how far off the sources say that they may be'],
  path: ['Path', 'round trips, of which nobody knows how they were shared between the two ways'],
  oscillator: ['Oscillator', 'since it was last asked, by the frequency as it was measured'],
  wander: ['Wander', 'how far that frequency may have moved since'],
  agreement: ['Agreement', 'below 0: what several answers rule out together; above: what they differ by'],
  leap: ['Leap second', 'it may have come, or not'],
};

/** A bar of the parts: what agreement rules out of them is hatched. */
export const budgetView = ({ budget, earlierMs, laterMs }: Clock): readonly View[] => {
  const sum = budget.reduce((total, { ms }) => total + Math.max(0, ms), 0) || 1;
  let end = 0;
  const rects = budget.flatMap(({ part, ms }): Tag[] => {
    const width = Math.abs(ms) / sum;
    if (ms < 0) return [rect('ruled-out', 1 - width, width)];
    end += width;
    return width === 0 ? [] : [rect(part, end - width, width)];
  });
  // What is ruled out lies over the others.
  const drawn = [...rects.filter(isPart), ...rects.filter((one) => !isPart(one))];
  const rows = budget.filter(({ ms }) => ms !== 0).map((part) => partView(part));
  const width = boundText(earlierMs + laterMs);
  return [
    view(
      'svg',
      { role: 'img', 'aria-label': `Bar of the parts that the table names. Together: ${width}.` },
      HATCH,
      ...drawn,
    ),
    view(
      'table',
      {},
      view('caption', { class: 'unseen' }, 'What the width of the interval is made of'),
      view('thead', { class: 'unseen' }, view('tr', {}, ...['Part', 'Length', 'Basis'].map(header))),
      view(
        'tbody',
        {},
        ...rows,
        view('tr', { class: 'sum' }, rowHeader('Width'), view('td', { class: 'number' }, width), view('td', {})),
      ),
    ),
  ];
};

const isPart = ({ attributes }: Tag): boolean => attributes.class !== 'ruled-out';
const header = (name: string): Tag => view('th', { scope: 'col' }, name);
const rowHeader = (...children: readonly View[]): Tag => view('th', { scope: 'row' }, ...children);
const percent = (share: number): string => `${Number((100 * share).toFixed(2))}%`;
const rect = (part: string, from: number, width: number): Tag =>
  view('rect', { class: part, x: percent(from), width: percent(width), height: '100%' });
const HATCH = view(
  'defs',
  {},
  view(
    'pattern',
    { id: 'hatch', width: '6', height: '6', patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
    view('rect', { width: '6', height: '6', class: 'gap' }),
    view('rect', { width: '2', height: '6', class: 'stripe' }),
  ),
);

const partView = ({ part, ms, basis }: Clock['budget'][number]): Tag => {
  const [name, meaning] = PARTS[part]!;
  return view(
    'tr',
    {},
    rowHeader(view('span', { class: `swatch ${ms < 0 ? 'ruled-out' : part}`, 'aria-hidden': 'true' }), name),
    view('td', { class: 'number' }, ms < 0 ? offsetText(ms) : lengthText(ms)),
    view('td', { class: 'more' }, `${basis}: ${meaning}`),
  );
};
