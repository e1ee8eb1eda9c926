/** Tables of the page: the edges that are published to, what was served, who asks. */
import type { Clients } from '../clients.ts';
import type { Status } from '../status.ts';
import { agoText, boundText, countText, lengthText } from './figures.ts';
import { type Tag, type View, view } from './view.ts';

/** A cell's text, or what it is beside that. */
export type Cell = string | { readonly class: string; readonly views: readonly View[] };

export const number = (text: string): Cell => ({ class: 'number', views: [text] });

/** @param heads - of the columns; those of numbers are marked as their cells are. @param rows - the first cell of each names it. */
export const table = (caption: string, heads: readonly Cell[], rows: readonly (readonly Cell[])[]): Tag =>
  view(
    'table',
    {},
    view('caption', { class: 'unseen' }, caption),
    view('thead', {}, view('tr', {}, ...heads.map((head) => cell('th', head, { scope: 'col' })))),
    view(
      'tbody',
      {},
      ...rows.map(([name = '', ...cells]) =>
        view('tr', {}, cell('th', name, { scope: 'row' }), ...cells.map((one) => cell('td', one))),
      ),
    ),
  );

const cell = (tag: string, one: Cell, attributes: Tag['attributes'] = {}): Tag =>
  typeof one === 'string' ? view(tag, attributes, one) : view(tag, { ...attributes, class: one.class }, ...one.views);

export const edgesView = (edges: Status['publish']): readonly View[] => {
  if (edges.length === 0) return [note('No [[publish]] in the configuration.')];
  const rows = edges.map((edge): Cell[] => {
    const { url, outcome, outcomeSecondsAgo, taken, takenSecondsAgo, edgeUncertaintyMs, counters, check } = edge;
    const refusals = Object.entries(counters).map(([word, times]) => `${word} ${countText(times)}`);
    return [
      url,
      outcomeCell(outcome, outcomeSecondsAgo),
      number(takenSecondsAgo === undefined ? 'never' : agoText(takenSecondsAgo)),
      number(countText(taken)),
      number(edgeUncertaintyMs === undefined ? '' : `±${boundText(edgeUncertaintyMs)}`),
      check ? outcomeCell(check.outcome, check.secondsAgo ?? undefined) : '',
      number(check ? countText(check.violations) : ''),
      refusals.join(', '),
    ];
  });
  const numbers = ['Last taken', 'Taken', 'Its clock is known to'].map(number);
  const heads = ['Edge', 'Last sample', ...numbers, 'What it tells', number('Contradictions'), 'Failures so far'];
  return [table('Edges that are published to', heads, rows)];
};

/** Of the last sample, and of what an edge tells when it is asked. */
const WELL: readonly string[] = ['ok', 'agreed'];
const NEITHER: readonly string[] = ['waiting', 'unjudged'];

const outcomeCell = (outcome: string, seconds: number | undefined): Cell => {
  const mark = WELL.includes(outcome) ? 'good' : NEITHER.includes(outcome) ? 'open' : 'bad';
  return {
    class: mark,
    views: [marked(mark, outcome), ...(seconds === undefined ? [] : [more(agoText(seconds))])],
  };
};

/** @param rates - requests dropped per second just now, by word. */
export const servedView = (
  { server, keyExchanges, certificateValidUntil, roughtime, pulls }: Status,
  rates: ReadonlyMap<string, number | undefined>,
): readonly View[] => {
  if (!server) return [note('No [server] listen in the configuration: the LAN is not served.')];
  const { served, interleaved, authenticated, kissed, dropped } = server;
  const drops = Object.entries(dropped).sort(([, a], [, b]) => b - a);
  const rows = drops.map(([word, times]): Cell[] => {
    const rate = rates.get(word);
    return [word, number(countText(times)), number(rate === undefined ? '' : `${countText(rate)} /s`)];
  });
  return [
    view(
      'p',
      {},
      `${countText(served)} replies, ${countText(interleaved)} of them interleaved, ${countText(authenticated)} authenticated; ${countText(kissed)} told to slow down.`,
    ),
    rows.length === 0
      ? note('Nothing was dropped.')
      : table('Requests that were dropped, and why', ['Dropped', number('Times'), number('Now')], rows),
    ...words('Key exchanges', keyExchanges),
    ...(certificateValidUntil
      ? [view('p', {}, `Their certificate is valid until ${certificateValidUntil.slice(0, 10)}.`)]
      : []),
    ...words('Roughtime', roughtime),
    ...words('Edges’ questions', pulls),
  ];
};

const words = (name: string, counters: Readonly<Record<string, number>> | undefined): readonly View[] => {
  if (!counters) return [];
  const told = Object.entries(counters).map(([word, times]) => `${word} ${countText(times)}`);
  return [view('p', { class: 'words' }, view('strong', {}, name), ` ${told.join(', ') || 'none so far'}`)];
};

const SHOWN = 10;

export const clientsView = ({ known, busiest }: Clients): readonly View[] => {
  if (known === 0) return [note('Nobody has asked so far.')];
  const rows = busiest.slice(0, SHOWN).map((one): Cell[] => {
    const { client, requests, replies, drops, intervalSeconds, lastAskedSeconds, version, mode, interleaved } = one;
    return [
      client,
      number(countText(requests)),
      number(countText(replies)),
      number(countText(drops)),
      number(intervalSeconds === null ? '' : lengthText(intervalSeconds * 1e3)),
      number(agoText(lastAskedSeconds)),
      `NTPv${version}${mode === 3 ? '' : `, mode ${mode}`}${interleaved ? ', interleaved' : ''}`,
    ];
  });
  const heads = ['Client', ...['Requests', 'Replies', 'Drops', 'Interval', 'Last'].map(number), 'Speaks'];
  const beyond = known > rows.length ? [note(`The ${rows.length} busiest of ${countText(known)}.`)] : [];
  return [table('Who asks most often', heads, rows), ...beyond];
};

const SIGNS = { good: '✓', bad: '✕', open: '–' } as const;

export const marked = (mark: keyof typeof SIGNS, word: string): Tag =>
  view('span', { class: 'marked' }, view('span', { class: 'mark', 'aria-hidden': 'true' }, SIGNS[mark]), word);

export const more = (text: string): Tag => view('span', { class: 'more' }, text);

const note = (text: string): Tag => view('p', { class: 'note' }, text);
