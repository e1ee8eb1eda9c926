/** Tables of text that grow as the gateway runs: put aside by size, and never a reason for it to stop. */
import { createStream, type RotatingFileStream } from 'rotating-file-stream';
import type { LogConfig } from '../config.ts';
import { endFault, noteFault } from './file-faults.ts';
import { log } from './log.ts';

export type Table = {
  /** One line, without its end. */
  readonly write: (line: string) => void;
  /** Resolves once all is handed to the system, or after half a second: a disk that hangs must not hold up the end. */
  readonly close: () => Promise<void>;
};

/** What may wait for a slow disk, in UTF-16 units: some minutes of a busy gateway. Lines after that are lost. */
const MOST_WAITING = 65_536;
const RETRY_MS = 60_000;
const CLOSE_WITHIN_MS = 500;

/** @param header - a line that begins each file, and what goes on in one. */
export const openTable = (
  path: string,
  header: string,
  { maxSize, keep }: Pick<LogConfig, 'maxSize' | 'keep'>,
  retryMs = RETRY_MS,
): Table => {
  let stream: RotatingFileStream | undefined;
  let waiting = '';
  /** What comes before the next line of the file. */
  let heading = `${header}\n`;
  let [isBusy, isWell, isClosed] = [true, true, false];

  const fail = (why: string): void => {
    const msg = `cannot write ${path}: ${why}: measurements are lost, and it is tried again each minute`;
    if (isWell) log({ event: 'measurement-log', level: 'warn', file: path, reason: why, msg });
    isWell = false;
    noteFault(path, msg);
  };
  const written = (error: Error | null | undefined): void => {
    if (error) return; // which the stream says, too
    if (!isWell) log({ event: 'measurement-log', file: path, msg: `measurements are kept again in ${path}` });
    [isBusy, isWell] = [false, true];
    endFault(path);
    flush();
  };
  const flush = (): void => {
    if (isBusy || isClosed || waiting === '') return;
    isBusy = true;
    const text = heading + waiting;
    [heading, waiting] = ['', ''];
    stream?.write(text, written);
  };
  const open = (): void => {
    const opened = createStream(path, { size: `${maxSize}B`, rotate: keep });
    let isFirst = true;
    opened.on('open', () => {
      if (isFirst) isBusy = false;
      else heading = `${header}\n`; // put aside in the middle of a write, which is still under way
      isFirst = false;
      flush();
    });
    opened.on('error', ({ message }) => {
      fail(message);
      isBusy = true;
      waiting = '';
      heading = `\n${header}\n`; // it may have been cut short in the middle of a line
      setTimeout(open, retryMs).unref();
    });
    stream = opened;
  };
  open();

  return {
    write: (line) => {
      if (waiting.length < MOST_WAITING) waiting += `${line}\n`;
      else fail('the disk does not keep up');
      flush();
    },
    close: () =>
      new Promise((resolve) => {
        isClosed = true;
        endFault(path);
        setTimeout(resolve, CLOSE_WITHIN_MS).unref();
        stream?.end(waiting && heading + waiting, () => resolve());
      }),
  };
};
