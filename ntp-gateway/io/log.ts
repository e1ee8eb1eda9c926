/**
 * The log: one line for each change of state, on stderr. JSON for programs, or what a person reads on a terminal.
 *
 * Written before `log` returns, so that a daemon that is killed loses nothing. A reader that stands still is not waited for.
 */
import { fstatSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import type { Change } from '../change.ts';
import type { LogConfig } from '../config.ts';
import { calmDown } from './calm.ts';

type Format = LogConfig['format'];

/** In bytes. What a reader leaves lying beyond this is lost to it. */
const MOST_WAITING = 1_048_576;
/** What an edge has to say of itself is long where it is meant to harm. In UTF-16 units. */
const LONGEST = 1_000;

/** Nothing of an edge's or a server's moves a cursor, breaks a line or turns letters round. */
const printable = (value: unknown): unknown =>
  typeof value === 'string'
    ? value.slice(0, LONGEST).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (one) => `\\u{${one.codePointAt(0)!.toString(16)}}`)
    : value;

process.stderr.on('error', () => {}); // a full disk, a reader that has gone: time goes on

const write = (line: string): void => {
  if (process.stderr.writableLength < MOST_WAITING) process.stderr.write(line);
};

/** Where stderr is the journal, which has a time of its own, and learns from sd-daemon(3)'s prefix how serious a line is. */
const isJournal = (): boolean => {
  const { JOURNAL_STREAM: journal } = process.env;
  if (journal === undefined) return false;
  const { dev, ino } = fstatSync(process.stderr.fd);
  return journal === `${dev}:${ino}`;
};
const priorityOf = (level: number): string => (level >= pino.levels.values.warn! ? '<4>' : '<6>');

/** pino-pretty is loaded where it is needed alone, and runs here, not in a thread that could die with the last line. */
const prettyFor = (inJournal: boolean): ((line: string) => string) => {
  const { prettyFactory } = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  return prettyFactory({
    colorize: process.stderr.isTTY && process.stderr.hasColors(),
    translateTime: false, // as it is: RFC 3339
    hideObject: true, // `msg` says it all
    ignore: inJournal ? 'time,level' : '',
  });
};

const destinationFor = (format: Format): DestinationStream => {
  const inJournal = isJournal();
  const isText = format === 'auto' ? process.stderr.isTTY : format === 'text';
  const pretty = isText ? prettyFor(inJournal) : (line: string) => line;
  return {
    [Symbol.for('pino.metadata')]: true, // has pino set `lastLevel`
    lastLevel: 0,
    write(line: string): void {
      write(inJournal ? `${priorityOf(this.lastLevel)}${pretty(line)}` : pretty(line));
    },
  } as DestinationStream & { lastLevel: number };
};

const loggerFor = (format: Format): Logger => {
  const formatters = { level: (level: string) => ({ level }) };
  return pino({ base: null, timestamp: stdTimeFunctions.isoTime, formatters }, destinationFor(format));
};

let logger: Logger | undefined;

/** What is said before is JSON, or text where stderr is a terminal. */
export const setLogFormat = (format: Format): void => {
  logger = loggerFor(format);
};

const say = ({ level = 'info', msg, ...fields }: Change): void => {
  logger ??= loggerFor('auto');
  const shown = Object.entries({ ...fields, msg }).map(([name, value]) => [name, printable(value)]);
  logger[level](Object.fromEntries(shown));
};

/** `flushLog`: says what was held back of a state that flaps. */
export const { say: log, flush: flushLog } = calmDown(say, (fire, ms) => setTimeout(fire, ms).unref());
