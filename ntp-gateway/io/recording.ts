/** A recording's file: written as the gateway runs, and never a reason for it to stop. */
import { hash } from 'node:crypto';
import { createReadStream, createWriteStream, openSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { log } from './log.ts';
import { attempt, SetupError } from './setup-error.ts';

export type Recording = {
  readonly write: (line: string) => void;
  /** Resolves once all is handed to the system, or after half a second: a disk that hangs must not hold up the end. */
  readonly close: () => Promise<void>;
};

/** What may wait for a slow disk: some hours of events. */
const MOST_WAITING = 16 * 1024 * 1024;
const CLOSE_WITHIN_MS = 500;
/** The longest line is a datagram's, 64 kB in base64. In UTF-16 units. */
const LONGEST_LINE = 1024 * 1024;

/** @throws SetupError where the file exists, since it may be what someone wants to keep, or cannot be made. */
export const openRecording = (path: string): Recording =>
  recordOn(
    attempt(`record to ${path}`, () => openSync(path, 'wx', 0o600)),
    path,
  );

/** @param path - for the one warning alone. */
export const recordOn = (file: number, path: string): Recording => {
  const stream = createWriteStream(path, { fd: file });
  let isOpen = true;
  const say = (why: string): void => {
    const msg = `recording to ${path} ends here, the gateway goes on: ${why}`;
    log({ event: 'recording-ended', level: 'warn', file: path, reason: why, msg });
  };
  const giveUp = (why: string): void => {
    if (isOpen) say(why);
    isOpen = false;
    stream.destroy();
  };
  stream.on('error', ({ message }) => giveUp(message));
  return {
    write: (line) => {
      if (isOpen && stream.writableLength > MOST_WAITING) giveUp('the disk does not keep up');
      if (isOpen) stream.write(`${line}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        if (!isOpen) return resolve();
        setTimeout(resolve, CLOSE_WITHIN_MS).unref();
        stream.once('close', resolve).end(); // after an error too, once that is told
      }),
  };
};

/** The whole lines of a file, compressed where its name ends in `.gz`. What a cut left of the last one is not among them. */
export const linesOf = async function* (path: string): AsyncGenerator<string> {
  const file = createReadStream(path, { fd: attempt(`read ${path}`, () => openSync(path, 'r')) });
  const bytes = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => {}) : file;
  let rest = '';
  try {
    for await (const chunk of bytes.setEncoding('utf8')) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      if (rest.length > LONGEST_LINE) throw new RangeError('it has a line of more than 1 MB');
      yield* lines;
    }
  } catch (error) {
    throw new SetupError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
};

/** SHA-256 of the text's UTF-8 bytes, in base64url, without a wait. */
export const digestOf = (text: string): string => hash('sha256', text, 'base64url');
