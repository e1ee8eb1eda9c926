/** `/page.js`: what the page at `/` does with the clock. It needs nothing but `/clock.js` and the page's own elements. */
import type { Clock } from '../clock.ts';
import { open } from '../connect.ts';
import { openCharts } from './charts.ts';
import { offerCopies } from './copying.ts';
import { showDeviceError } from './device-error.ts';
import { element, put } from './elements.ts';
import { showFace, showNothing } from './face.ts';
import { type Point, pointOf, remember } from './history.ts';
import { type Last, type Link, lastAfter, linksOf } from './links.ts';
import { heedPin } from './pinned-key.ts';
import { openStatus } from './status.ts';

const EVERY_MS = 1_000;

const MARKS = { good: ['✓', 'holds'], bad: ['✕', 'does not hold'], open: ['–', 'not checked'] } as const;

const showLinks = (links: readonly Link[]): void => {
  const item = ({ name, mark, text }: Link): HTMLElement => {
    const one = document.createElement('li');
    const [sign, word] = MARKS[mark];
    one.className = mark;
    const part = (tag: string, content: string, attributes: Readonly<Record<string, string>> = {}) => {
      const child = document.createElement(tag);
      child.textContent = content;
      for (const [attribute, value] of Object.entries(attributes)) child.setAttribute(attribute, value);
      return child;
    };
    one.append(
      part('span', sign, { class: 'mark', 'aria-hidden': 'true' }),
      part('strong', name),
      part('span', ` ${word}: `, { class: 'unseen' }),
      part('span', text),
    );
    return one;
  };
  element('links').replaceChildren(...links.map(item));
};

const charts = openCharts();
const here = () => ({ protocol: location.protocol, hostname: location.hostname });

/** @returns a function that ends it. */
const show = (clock: Clock, isPinned: boolean): (() => void) => {
  const endFace = showFace(clock, isPinned);
  let points: readonly Point[] = [];
  let last: Last;
  const sayWhatHappened = openStatus();

  const draw = (roundTrip?: number): void => {
    const { skew } = clock;
    if (skew) points = remember(points, pointOf(clock.monotonic() / 1e3, skew, roundTrip));
    const sentence = showDeviceError(skew);
    charts(points, sentence);
    element('pictures').hidden = points.length === 0 && typeof last === 'string';
  };
  const vouch = (): void => showLinks(linksOf({ ...here(), isPinned, last }));
  clock.onChange((change) => {
    const hasTime = clock.skew !== undefined;
    sayWhatHappened(change, hasTime);
    if (change.kind === 'jumped') points = []; // by another clock
    if (change.kind === 'exchanged') last = { isSynchronized: change.exchanged.told.isSynchronized };
    if (change.kind === 'refused') last = lastAfter(last, change.reason, hasTime);
    draw(change.kind === 'exchanged' ? change.exchanged.received - change.exchanged.sent : undefined);
    vouch();
  });
  vouch();
  draw();
  const timer = setInterval(draw, EVERY_MS);
  return () => {
    clearInterval(timer);
    endFace();
    clock.close();
  };
};

const showUnverified = (): void => {
  put('status', 'A browser verifies nothing on a page that came over plain HTTP: come by https.');
  showNothing();
  showLinks(linksOf({ ...here(), isPinned: true, last: undefined }));
  showDeviceError(undefined);
  element('pictures').hidden = true;
};

let end = (): void => {};
heedPin((gatewayKey) => {
  put('key-for-gateway', gatewayKey ?? '…');
  end();
  end = () => {};
  const isPinned = gatewayKey !== undefined;
  put('status', '');
  if (isPinned && !isSecureContext) return showUnverified();
  end = show(open(location.origin, isPinned ? { gatewayKey } : {}), isPinned);
});
offerCopies();
