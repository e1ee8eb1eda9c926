/** A recording, run again line by line: the same events into the same core must bring out the same, bit for bit. */
import { ok, type Result, refuse } from '#contract/result.ts';
import type { MonoNanos } from '#contract/time.ts';
import { type Core, type CoreAction, newCore } from '../core/state.ts';
import { step } from '../core.ts';
import { decodeLine } from './encoding.ts';
import { chain, type Line, type Sha256, VERSION } from './recorder.ts';

export type Replay = {
  readonly core: Core;
  /** Lines so far, which is the number of the last one. */
  readonly lines: number;
  readonly events: number;
  readonly digest: string;
  /** The line of the last digest that was the same as ours. */
  readonly agreedAt: number;
  /** False where the recording was cut off. */
  readonly ended: boolean;
  /** When the last event happened. */
  readonly now: MonoNanos;
  /** What was accepted and learnt from, by source. */
  readonly measurements: Readonly<Record<string, number>>;
};

export type ReplayRefusal = 'malformed' | 'version' | 'differs';

/** @param before - undefined at the first line. A refusal is about `text`, the line after `before.lines`. */
export const replayLine = (before: Replay | undefined, text: string, sha256: Sha256): Result<Replay, ReplayRefusal> => {
  const decoded = decodeLine(text);
  const line = decoded.ok ? (decoded.value as Line | null) : null;
  if (typeof line?.kind !== 'string') return refuse('malformed', 'not a line of a recording');
  if (before?.ended) return refuse('malformed', 'a line after the end');
  if ((line.kind === 'start') !== (before === undefined)) {
    return refuse('malformed', before ? 'a second start' : 'not the start of a recording');
  }
  if (line.kind === 'start' && line.version !== VERSION) {
    return refuse('version', `its format is another than ${VERSION}: recorded by another version`);
  }
  try {
    return line.kind === 'start' ? ok(begin(line, text, sha256)) : goOn(before!, line, text, sha256);
  } catch (error) {
    // The core trusts the types of its events, which nobody has checked in a line that someone edited.
    return refuse('malformed', `the core cannot take it: ${error instanceof Error ? error.message : error}`);
  }
};

const begin = (
  { config, epoch, now, remembered }: Extract<Line, { kind: 'start' }>,
  text: string,
  sha256: Sha256,
): Replay => {
  const [core, actions] = newCore(config, epoch, now, remembered);
  const digest = chain('', text, core, actions, sha256);
  return { core, lines: 1, events: 0, digest, agreedAt: 1, ended: false, now, measurements: {} };
};

const goOn = (
  before: Replay,
  line: Exclude<Line, { kind: 'start' }>,
  text: string,
  sha256: Sha256,
): Result<Replay, 'differs'> => {
  const lines = before.lines + 1;
  if (line.kind === 'digest' || line.kind === 'end') {
    if (line.sha256 === before.digest) return ok({ ...before, lines, agreedAt: lines, ended: line.kind === 'end' });
    const since = `the same up to line ${before.agreedAt}`;
    return refuse('differs', `differs from what was recorded (${since}): altered, or made by another version?`);
  }
  const [core, actions] = step(before.core, line);
  return ok({
    ...before,
    core,
    lines,
    events: before.events + 1,
    digest: chain(before.digest, text, core, actions, sha256),
    now: line.kind === 'look' ? line.now : before.now,
    measurements: actions.reduce(countMeasured, before.measurements),
  });
};

const countMeasured = (counts: Replay['measurements'], action: CoreAction): Replay['measurements'] =>
  (action.kind === 'source' || action.kind === 'https-source' || action.kind === 'reference-clock') &&
  action.action.kind === 'measured'
    ? { ...counts, [action.id]: (counts[action.id] ?? 0) + 1 }
    : counts;
