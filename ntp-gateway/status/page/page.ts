/** `/page.js`: asks the gateway every two seconds how it is, and shows what it says. */
import type { Clients } from '../clients.ts';
import type { HistoryAnswer } from '../history.ts';
import type { Sources } from '../sources.ts';
import type { Status } from '../status.ts';
import { ask, keepAsking } from './asking.ts';
import { budgetView } from './budget.ts';
import { openChart } from './chart.ts';
import { coloursFor } from './colours.ts';
import { factsOf, factsView } from './facts.ts';
import { agoText, clockText } from './figures.ts';
import { knownUntil, NOTHING, withMore } from './past.ts';
import { clockPicture, delaysPicture, dropRates, lastOf, offsetsPicture, ratesPicture } from './pictures.ts';
import { sourcesView } from './source-rows.ts';
import { clientsView, edgesView, marked, servedView } from './tables.ts';
import { type Verdict, verdictOf } from './verdict.ts';
import { element, show, type View, view } from './view.ts';
import { worriesOf } from './worries.ts';

const put = (id: string, ...views: readonly View[]): void => show(element(id), ...views);

const charts = {
  clock: openChart('clock', 200, 'Picture of the error of this host’s clock.'),
  offsets: openChart('offsets', 200, 'Picture of the sources’ offsets.'),
  delays: openChart('delays', 200, 'Picture of the sources’ delays.'),
  rates: openChart('rates', 140, 'Picture of requests per second.'),
};

let past = NOTHING;
let colours: ReadonlyMap<string, number> = new Map();
let lastSources: Sources = [];
let spanSeconds = 600;
/** Its time, and when by this page's clock it said so. */
let told: { readonly unixMs: number; readonly at: number } | undefined;
let rounds = 0;
let mark: Verdict['mark'] | undefined;
let name = 'gateway';

/** Who asks is sought in all of the server's memory: not every time. */
const CLIENTS_EVERY = 3;

type Answers = readonly [Status, Sources, HistoryAnswer, Clients | undefined];
const round = (): Promise<Answers> => {
  const since = knownUntil(past);
  return Promise.all([
    ask<Status>('/status'),
    ask<Sources>('/sources'),
    ask<HistoryAnswer>(since === undefined ? '/history' : `/history?since=${since}`),
    rounds++ % CLIENTS_EVERY === 0 ? ask<Clients>('/clients') : undefined,
  ]);
};

const hear = (answers: Answers | undefined): void => {
  document.body.classList.toggle('stale', !answers);
  if (answers) showAll(answers);
  else {
    showVerdict(SILENT);
    const since = told
      ? `It has not since ${clockText(told.unixMs / 1e3)} UTC, and what stands here is from then. `
      : '';
    put('why', `${since}It is asked again every two seconds.`);
    rounds = 0; // once it is there again it is asked for everything
  }
  showNow();
};

const showAll = ([status, sources, history, clients]: Answers): void => {
  const { gateway, uptimeSeconds } = status;
  const unixMs = status.clock ? Date.parse(status.clock.time) : 1e3 * history.unixSeconds;
  told = { unixMs, at: performance.now() };
  past = withMore(past, history);
  colours = coloursFor(colours, sources);
  lastSources = sources;
  name = gateway;
  put('gateway', `${gateway}, started ${agoText(uptimeSeconds)}`);
  showVerdict(verdictOf(status, sources));
  const worries = worriesOf(status);
  element('worries').hidden = worries.length === 0;
  put('worries', ...worries.map((worry) => view('li', {}, worry)));
  put('facts', ...factsView(factsOf(status, sources)));
  put('budget', ...(status.clock ? budgetView(status.clock) : ['Nothing is known yet.']));
  put('sources', sourcesView(sources, colours));
  put('served', ...servedView(status, dropRates(past)));
  element('rates-figure').hidden = !status.server;
  put('edges', ...edgesView(status.publish));
  if (clients) put('clients', ...clientsView(clients));
  draw();
};

const SILENT: Verdict = { mark: 'bad', headline: 'The gateway does not answer', why: '' };

const showVerdict = (verdict: Verdict): void => {
  element('headline').className = verdict.mark;
  put('headline', marked(verdict.mark, verdict.headline));
  put('why', verdict.why);
  document.title = `${verdict.mark === 'good' ? '✓' : '✕'} ${name}: noonmark`;
  // Read out where it changes, and not with every figure.
  if (mark !== undefined && mark !== verdict.mark) put('news', verdict.headline);
  mark = verdict.mark;
};

const draw = (): void => {
  const shown = lastOf(past, spanSeconds);
  charts.clock(clockPicture(shown));
  const offsets = offsetsPicture(shown, lastSources, colours);
  charts.offsets(offsets);
  put('offsets-beyond', offsets.beyond);
  charts.delays(delaysPicture(shown, colours));
  charts.rates(ratesPicture(shown));
};

/** True time as the gateway tells it, to the second. */
const showNow = (): void => {
  const unixMs = told && told.unixMs + performance.now() - told.at;
  const isKnown = unixMs !== undefined && mark === 'good';
  put('now', `${isKnown ? clockText(unixMs / 1e3) : '––:––:––'} UTC`);
  clearTimeout(nextSecond);
  nextSecond = setTimeout(showNow, 1_000 - ((unixMs ?? 0) % 1_000));
};
let nextSecond: ReturnType<typeof setTimeout>;

/** What is too wide for a narrow screen can be scrolled by keyboard as well, and is then said to be something. */
const scrollers = ['sources', 'clients', 'edges'].map(element);
const sizes = new ResizeObserver(() => {
  for (const scroller of scrollers) {
    const isCut = scroller.scrollWidth > scroller.clientWidth;
    const attributes = { tabindex: '0', role: 'region', 'aria-labelledby': `${scroller.id}-heading` };
    for (const [name, value] of Object.entries(attributes))
      isCut ? scroller.setAttribute(name, value) : scroller.removeAttribute(name);
  }
});
for (const scroller of scrollers) sizes.observe(scroller);

element('span').addEventListener('change', ({ target }) => {
  spanSeconds = Number((target as HTMLInputElement).value);
  draw();
});
keepAsking(round, hear);
