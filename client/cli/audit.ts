/** `noonmark audit`: whether edges contradict each other. */
import { lookup } from 'node:dns/promises';
import type { Result } from '#contract/result.ts';
import type { Reading } from '../estimate.ts';
import { type AskOptions, type AskRefusal, askEdge, type Known, readEdge } from './ask.ts';
import { carry, contradictionsOf, spreadOf } from './compare.ts';
import { floorOf } from './floor-file.ts';
import { readMonotonic } from './host-clocks.ts';
import { durationText, readingJson, skewText, toMicros } from './instant.ts';
import { print } from './output.ts';
import { EXIT, exitOf, refusalText } from './refusals.ts';
import { asking, paint, showProgress } from './terminal.ts';

/** Of fewer, none can contradict another. */
const LEAST_ANSWERS = 2;

type Row = {
  readonly edge: string;
  readonly known: Result<Known, AskRefusal>;
  /** Of the instant that all are compared at. */
  readonly reading: Reading | undefined;
  /** By their names. */
  readonly contradicts: readonly string[];
};

type Options = AskOptions & { readonly allAddresses?: true; readonly json?: true };

export const audit = async (urls: readonly URL[], options: Options): Promise<void> => {
  const doors = (await Promise.all(urls.map((url) => doorsOf(url, options.allAddresses)))).flat();
  // What a liar tells, with a key that somebody lost, must not become this host's floor.
  const floor = { load: floorOf(options.gatewayKey).load, save: () => {} };
  const answers = doors.map(({ url, ...address }) => askEdge(url, { ...options, ...address, floor }));
  const asked = await showProgress(asking(`${doors.length} edges`), Promise.all(answers));
  const began = readMonotonic();
  const known = asked.map((one) => (one.ok ? readEdge(one.value) : one));
  const lasted = readMonotonic() - began;
  for (const one of asked) if (one.ok) one.value.close();

  const names = doors.map(nameOf);
  const readings = known.map((one) => (one.ok ? carry(one.value.reading, lasted) : undefined));
  const rows = known.map((one, place) => ({
    edge: names[place]!,
    known: one,
    reading: readings[place],
    contradicts: contradictionsOf(place, readings).map((other) => names[other]!),
  }));
  print(options.json ? jsonOf(rows) : textOf(rows));
  process.exitCode = exitOfAll(rows);
};

/** An edge, by whichever address or by one of them. */
type Door = { readonly url: URL; readonly address?: string };

const doorsOf = async (url: URL, isEach = false): Promise<readonly Door[]> => {
  if (!isEach) return [{ url }];
  const addresses = await lookup(url.hostname.replace(/^\[|\]$/g, ''), { all: true }).catch(() => []);
  return addresses.length > 0 ? addresses.map(({ address }) => ({ url, address })) : [{ url }]; // which then says why
};

const nameOf = ({ url, address }: Door): string => `${url.origin}${address === undefined ? '' : ` at ${address}`}`;

const answersIn = (rows: readonly Row[]): readonly Reading[] => rows.flatMap(({ reading }) => reading ?? []);

/** An edge that is not believed is as bad as one that is contradicted. */
const exitOfAll = (rows: readonly Row[]): number => {
  const isBad = ({ known, contradicts }: Row): boolean =>
    contradicts.length > 0 || (!known.ok && exitOf(known) === EXIT.no);
  if (rows.some(isBad)) return EXIT.no;
  return answersIn(rows).length < LEAST_ANSWERS ? EXIT.unreached : EXIT.good;
};

const jsonOf = (rows: readonly Row[]): string => {
  const edges = rows.map(({ edge, known, reading, contradicts }) => {
    if (!known.ok) return { edge, refusal: known.reason, detail: known.detail };
    const { isSynchronized, verified } = known.value;
    const told = { synchronized: isSynchronized, verified: verified !== undefined };
    return { edge, ...told, ...(reading && readingJson(reading)), contradicts };
  });
  const agree = rows.every(({ contradicts }) => contradicts.length === 0);
  return JSON.stringify({ agree, spreadMs: toMicros(spreadOf(answersIn(rows))), edges }, null, 2);
};

const textOf = (rows: readonly Row[]): string => {
  const width = Math.max(...rows.map(({ edge }) => edge.length));
  const lines = rows.map(({ edge, known, contradicts }) => {
    const name = edge.padEnd(width);
    if (!known.ok) return `${name}  ${paint('red', refusalText(known))}`;
    const { skew, isSynchronized } = known.value;
    const doubts = [
      ...(isSynchronized ? [] : [paint('yellow', 'not synchronized')]),
      ...(contradicts.length > 0 ? [paint('red', `contradicts ${contradicts.join(', ')}`)] : []),
    ];
    return [`${name}  this host is ${skewText(skew)}`, ...doubts].join('; ');
  });
  return [...lines, summaryOf(rows)].join('\n');
};

const summaryOf = (rows: readonly Row[]): string => {
  const answers = answersIn(rows);
  if (answers.length < LEAST_ANSWERS)
    return `${answers.length} of ${rows.length} answered: nothing to compare${rows.length < LEAST_ANSWERS ? '; name another edge' : ''}`;
  const agree = rows.every(({ contradicts }) => contradicts.length === 0);
  const spread = `their best guesses are ${durationText(spreadOf(answers))} apart`;
  return agree ? `no two of ${answers.length} contradict each other; ${spread}` : `not all can be true; ${spread}`;
};
