/** A recording in memory, and its replay. */
import { digestOf } from '../../ntp-gateway/io/recording.ts';
import { makeRecorder } from '../../ntp-gateway/record/recorder.ts';
import { type Replay, replayLine } from '../../ntp-gateway/record/replay.ts';

export const recordInMemory = () => {
  const lines: string[] = [];
  return { lines, recorder: makeRecorder((line) => void lines.push(line), digestOf) };
};

/**
 * @param each - called after every line.
 * @returns undefined for no lines.
 * @throws at the first line that is refused, with its number and why.
 */
export const replayAll = (lines: Iterable<string>, each: (replay: Replay) => void = () => {}): Replay | undefined => {
  let replay: Replay | undefined;
  for (const line of lines) {
    const next = replayLine(replay, line, digestOf);
    if (!next.ok) throw new Error(`line ${(replay?.lines ?? 0) + 1}: ${next.reason}: ${next.detail}`);
    replay = next.value;
    each(replay);
  }
  return replay;
};
