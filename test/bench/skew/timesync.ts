/** The npm package timesync, which has no types; these are of its README, and only what is used here. */
import { createRequire } from 'node:module';

export type Timesync = {
  /** ms to add to the device's clock. */
  offset: number;
  /** Replaced where it is not to speak HTTP itself. */
  send: (to: string, data: { readonly id: number }) => Promise<void>;
  readonly receive: (from: string, data: { readonly id: number; readonly result: number }) => void;
  readonly sync: () => Promise<void>;
  readonly destroy: () => void;
};
type Options = {
  readonly server: string;
  readonly interval: null;
  readonly delay?: number;
  readonly repeat?: number;
  readonly now?: () => number;
};

/** In Node it wants the package promise, which it does not name among its dependencies, unless a window has one. */
Object.assign(globalThis, { window: { Promise } });
export const { create: createTimesync } = createRequire(import.meta.url)('timesync') as {
  create(options: Options): Timesync;
};
Reflect.deleteProperty(globalThis, 'window');

/** Questions of one synchronization, unless it is told otherwise. */
export const TIMESYNC_REQUESTS = 5;
