/** What the edge's own page at `/` does with the clock. */
import type { Clock } from './clock.ts';
import type { Skew } from './estimate.ts';

/** Keeps the page's time going and says how far off this device is. */
export const showTime = (page: Document, clock: Clock): void => {
  const put = (id: string, text: string): void => {
    const element = page.getElementById(id);
    if (element) element.textContent = text;
  };
  let skew: Skew | undefined;

  const tick = (): void => {
    const nowMs = Date.now() + (skew?.offset ?? 0);
    setTimeout(tick, 1_000 - (nowMs % 1_000)); // at the next full second, of true time
    if (!skew) return;
    const now = new Date(nowMs).toISOString();
    put('now', now.slice(11, 19));
    put('date', now.slice(0, 10));
  };

  clock.onChange((change) => {
    if (change.kind === 'refused') return put('skew-bound', `could not be measured: ${change.reason}`);
    skew = clock.skew;
    if (!skew) return;
    const { offset, earliest, latest } = skew;
    const bound = duration(Math.max(latest - offset, offset - earliest));
    const side = offset > 0 ? 'slow' : 'fast';
    put(
      'skew',
      earliest <= 0 && latest >= 0 ? 'right, as far as can be told from here' : `${duration(Math.abs(offset))} ${side}`,
    );
    put('skew-bound', `certain to within ${bound}, over the network between here and this edge`);
    put('bound', bound);
  });

  tick();
};

/** A length of time for people: ms in, three digits and a unit out. */
const duration = (ms: number): string => {
  if (ms < 1e3) return `${Number(ms.toPrecision(3))} ms`;
  if (ms < 120e3) return `${Number((ms / 1e3).toPrecision(3))} s`;
  return ms < 7_200e3 ? `${Math.round(ms / 60e3)} min` : `${Math.round(ms / 3_600e3)} h`;
};
