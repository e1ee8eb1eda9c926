/** `/clock.js`: `measureSkew` for any page, and what the edge's own page at `/` does with it. */
import { measureSkew } from './clock.ts';
import type { Skew } from './skew.ts';

export { measureSkew };

const REMEASURE_MS = 60_000;

/** Keeps the page's time going and says how far off this device is. */
export const showTime = (page: Document): void => {
  const put = (id: string, text: string): void => {
    const element = page.getElementById(id);
    if (element) element.textContent = text;
  };
  let skew: Skew | undefined;

  const tick = (): void => {
    const nowMs = Date.now() + (skew?.offset ?? 0) / 1e6;
    setTimeout(tick, 1_000 - (nowMs % 1_000)); // at the next full second, of true time
    if (!skew) return;
    const now = new Date(nowMs).toISOString();
    put('now', now.slice(11, 19));
    put('date', now.slice(0, 10));
  };

  const measure = async (): Promise<void> => {
    put('skew-bound', 'measuring …');
    const measured = await measureSkew(new URL('/time', page.baseURI));
    setTimeout(measure, REMEASURE_MS);
    if (!measured.ok) return put('skew-bound', `could not be measured: ${measured.reason}`);
    skew = measured.value;
    const { offset, earliest, latest } = skew;
    const bound = duration(Math.max(latest - offset, offset - earliest));
    const side = offset > 0 ? 'slow' : 'fast';
    put(
      'skew',
      earliest <= 0 && latest >= 0 ? 'right, as far as can be told from here' : `${duration(Math.abs(offset))} ${side}`,
    );
    put('skew-bound', `certain to within ${bound}, over the network between here and this edge`);
    put('bound', bound);
  };

  tick();
  void measure();
};

/** A length of time for people: ns in, three digits and a unit out. */
const duration = (ns: number): string => {
  if (ns < 1e9) return `${Number((ns / 1e6).toPrecision(3))} ms`;
  if (ns < 120e9) return `${Number((ns / 1e9).toPrecision(3))} s`;
  return ns < 7_200e9 ? `${Math.round(ns / 60e9)} min` : `${Math.round(ns / 3_600e9)} h`;
};
