/** Stamped logs in one order, which says where it is certain. */
import { openCutter, type Piece } from './lines.ts';
import type { Stamp } from './stamp-lines.ts';

export type Log = { readonly name: string; readonly octets: AsyncIterable<Uint8Array> };

/** A line's place: certain where it came after all that stand before it. */
export type Place = Stamp & { readonly name: string; readonly isCertain: boolean };

export class NotStamped extends Error {
  constructor(name: string, line: number) {
    super(`${name}:${line}: not a line of noonmark stamp without --json`);
  }
}

const DATE = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/.source;
const STAMP = new RegExp(`^(${DATE}) (${DATE}) `);
/** In octets. */
export const STAMP_SIZE = 56;

type Line = Stamp & { readonly piece: Piece };
type Reader = Pick<Log, 'name'> & {
  readonly pieces: AsyncIterator<Piece, undefined>;
  count: number;
  next: Line | undefined;
  /** Of its lines that are out, the last one's `latest`: all of them came before. */
  passed: string;
};

/**
 * By the earliest time at which each line can have been taken up, and never against the order of its own log.
 *
 * @param write - gets the place with the piece that begins a line.
 * @throws NotStamped
 */
export const mergeLogs = async (
  logs: readonly Log[],
  write: (piece: Piece, place?: Place) => Promise<void>,
): Promise<void> => {
  const readers: Reader[] = [];
  for (const { name, octets } of logs) {
    const reader: Reader = { name, pieces: piecesOf(octets), count: 0, next: undefined, passed: '' };
    await advance(reader);
    readers.push(reader);
  }
  for (;;) {
    const reader = readers.reduce(earlier);
    if (!reader.next) return;
    const { earliest, latest, piece } = reader.next;
    const isCertain = readers.every((other) => other === reader || other.passed < earliest);
    reader.passed = latest;
    await write(piece, { name: reader.name, isCertain, earliest, latest });
    for (let last: Piece | undefined = piece; last && !last.ends; ) {
      last = (await reader.pieces.next()).value;
      if (last) await write(last);
    }
    await advance(reader);
  }
};

/** Of equals the one that was named first. */
const earlier = (a: Reader, b: Reader): Reader => (!a.next || (b.next && b.next.earliest < a.next.earliest) ? b : a);

/** To its next line, which did not come before the last one. */
const advance = async (reader: Reader): Promise<void> => {
  const before = reader.next?.earliest ?? '';
  const { value: piece } = await reader.pieces.next();
  reader.next = undefined;
  if (!piece) return;
  reader.count++;
  const [, earliest, latest] = STAMP.exec(Buffer.from(piece.octets.subarray(0, STAMP_SIZE)).toString('latin1')) ?? [];
  if (earliest === undefined || latest === undefined) throw new NotStamped(reader.name, reader.count);
  reader.next = { earliest: earliest > before ? earliest : before, latest, piece };
};

async function* piecesOf(octets: AsyncIterable<Uint8Array>): AsyncGenerator<Piece, undefined> {
  const cutter = openCutter();
  for await (const chunk of octets) yield* cutter.cut(chunk);
  yield* cutter.end();
}
