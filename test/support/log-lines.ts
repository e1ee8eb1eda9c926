/** What stands in the log: each line parsed, or it is none. */
import { onTestFinished, vi } from 'vitest';

export type LogLine = {
  readonly level: string;
  readonly time: string;
  readonly event: string;
  readonly msg: string;
  readonly [field: string]: unknown;
};

/** @throws where a line is not JSON. */
export const logLines = (stderr: string): readonly LogLine[] =>
  stderr.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));

/** What this process writes to stderr from now on, until its test is over, instead of it. */
export const watchStderr = (): (() => string) => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => stderr.mockRestore());
  return () => stderr.mock.calls.map(([text]) => text).join('');
};

/** What this process logs from now on, until its test is over: `level: msg`. */
export const watchLog = (): (() => readonly string[]) => {
  const written = watchStderr();
  return () => logLines(written()).map(({ level, msg }) => `${level}: ${msg}`);
};
