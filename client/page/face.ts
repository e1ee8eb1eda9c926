/** The large clock: true time by the best guess, in tenths where that much is known. */
import type { Clock } from '../clock.ts';
import { boundText } from '../lengths.ts';
import { element, put } from './elements.ts';

const UNKNOWN = '––:––:––';
/** Tenths that may be wrong by more than this are not shown. */
const MOST_FOR_TENTHS_MS = 50;

const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' });

/** @param isPinned - then nothing is shown that was not verified. @returns a function that ends it. */
export const showFace = (clock: Clock, isPinned: boolean): (() => void) => {
  const isStill = matchMedia('(prefers-reduced-motion: reduce)');
  let timer: ReturnType<typeof setTimeout>;

  const tick = (): void => {
    clearTimeout(timer);
    const { earliest, time, latest } = clock.now();
    const unixMs = clock.monotonic();
    const bound = Math.max(latest - time, time - earliest);
    const hasTenths = bound < MOST_FOR_TENTHS_MS && !isStill.matches;
    const step = hasTenths ? 100 : 1_000;
    timer = setTimeout(tick, step - (unixMs % step));
    if (!Number.isFinite(bound)) return;
    const text = new Date(unixMs).toISOString();
    put('now', text.slice(11, 19));
    element('now').setAttribute('datetime', text);
    put('tenths', hasTenths ? text.slice(19, 21) : '');
    put('date', DATE.format(unixMs));
    put('bound', boundText(bound));
    element('certainty').hidden = false;
  };
  const stopHearing = clock.onChange(({ kind }) => {
    if (kind !== 'exchanged' && clock.skew === undefined) showNothing();
    tick();
  });
  if (isPinned) showNothing(); // else what the page was made with stands until it hears something
  tick();
  return () => {
    stopHearing();
    clearTimeout(timer);
  };
};

export const showNothing = (): void => {
  put('now', UNKNOWN);
  element('now').removeAttribute('datetime');
  put('tenths', '');
  put('date', 'Not known');
  element('certainty').hidden = true;
};
