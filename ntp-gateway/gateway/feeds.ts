/** What the drivers of this host's reference clocks write, heard four times a second. */
import { after, milliseconds } from '#contract/time.ts';
import type { ReferenceClockConfig } from '../config.ts';
import type { CoreEvent } from '../core/state.ts';
import { takeLookWithin } from '../discipline/jump.ts';
import type { Ports, ReferenceClockFeed } from '../ports.ts';
import type { Acting } from './actions.ts';

/** A sample says itself when it was taken; between readings of both clocks this close, that is known well. */
const HEARING = milliseconds(250);

export type Opened = {
  /** From now on these are heard, and of the others those that are still named. */
  readonly hear: () => void;
  readonly close: () => void;
};

export type Feeds = {
  /** All that are not open yet, or none. */
  readonly open: (clocks: readonly ReferenceClockConfig[] | undefined) => Opened;
  readonly close: () => void;
};

export const makeFeeds = (ports: Ports, wake: Acting['wake'], happen: (event: CoreEvent) => void): Feeds => {
  const feeds = new Map<string, ReferenceClockFeed>();

  /** The messages come first: none of them is from after the reading. */
  const hear = (name: string, feed: ReferenceClockFeed): void => {
    if (feeds.get(name) !== feed) return; // closed
    const messages = feed.take();
    const { look, gap } = takeLookWithin(ports);
    const { now, wall } = look;
    happen({ kind: 'reference-clock', id: name, event: { kind: 'heard', now, wall, gap, messages } });
    wake(`hear ${name}`, after(now, HEARING), () => hear(name, feed));
  };

  const close = (isToClose: (name: string) => boolean): void => {
    for (const [name, feed] of feeds) {
      if (!isToClose(name)) continue;
      feeds.delete(name);
      feed.close();
    }
  };

  const open: Feeds['open'] = (clocks = []) => {
    const opened = new Map<string, ReferenceClockFeed>();
    const closeOpened = (): void => {
      for (const feed of opened.values()) feed.close();
    };
    try {
      for (const clock of clocks) if (!feeds.has(clock.name)) opened.set(clock.name, ports.openReferenceClock(clock));
    } catch (error) {
      closeOpened();
      throw error;
    }
    return {
      hear: () => {
        close((name) => !clocks.some((clock) => clock.name === name));
        for (const [name, feed] of opened) feeds.set(name, feed);
        for (const [name, feed] of opened) hear(name, feed);
      },
      close: closeOpened,
    };
  };
  return { open, close: () => close(() => true) };
};
