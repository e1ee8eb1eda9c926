/**
 * What happened to a core, as lines: how it began, each event, and every so often a digest of all that went in and all
 * that came out until then, so that a replay knows whether it is the same.
 */
import type { MonoNanos } from '#contract/time.ts';
import type { Core, CoreAction, CoreConfig, CoreEvent } from '../core/state.ts';
import type { Remembered } from '../discipline/remembered.ts';
import { encodeLine } from './encoding.ts';

/** What `newCore` was given. */
export type Start = {
  readonly config: CoreConfig;
  readonly epoch: number;
  readonly now: MonoNanos;
  readonly remembered?: Remembered;
};

/** Of a text's UTF-8 bytes, in base64url. */
export type Sha256 = (text: string) => string;

export type Line =
  | ({ readonly kind: 'start'; readonly version: typeof VERSION } & Start)
  | CoreEvent
  | { readonly kind: 'digest'; readonly sha256: string }
  /** The digest of all, and nothing comes after it. */
  | { readonly kind: 'end'; readonly sha256: string };

export type Recorder = {
  readonly began: (start: Start, after: Core, actions: readonly CoreAction[]) => void;
  readonly stepped: (event: CoreEvent, after: Core, actions: readonly CoreAction[]) => void;
  readonly ended: () => void;
};

/** Of the lines. The core may change in any way without it: that is what digests are for. */
export const VERSION = 1;
/** Events from one digest to the next: as near as a replay can say where it came to differ. */
export const DIGEST_EVERY = 100;

/** @param write - takes one line, without its end. */
export const makeRecorder = (write: (line: string) => void, sha256: Sha256): Recorder => {
  let digest = '';
  let events = 0;
  const put = (line: Line): string => {
    const text = encodeLine(line);
    write(text);
    return text;
  };
  return {
    began: (start, core, actions) => {
      digest = chain(digest, put({ kind: 'start', version: VERSION, ...start }), core, actions, sha256);
    },
    stepped: (event, core, actions) => {
      digest = chain(digest, put(event), core, actions, sha256);
      events++;
      if (events % DIGEST_EVERY === 0) put({ kind: 'digest', sha256: digest });
    },
    ended: () => void put({ kind: 'end', sha256: digest }),
  };
};

/** The digest after one more line: of the line, what the core did upon it, and how its clock stands now. */
export const chain = (
  before: string,
  line: string,
  { line: clock, speaks }: Core,
  actions: readonly CoreAction[],
  sha256: Sha256,
): string => sha256([before, line, encodeLine([actions, clock, speaks])].join('\n'));
