/** Each line with the time at which it was taken up. */
import type { Clock } from '../../clock.ts';
import { instantText } from '../instant.ts';
import { openCutter, type Piece } from './lines.ts';

/** RFC 3339 with µs: texts compare as times do. */
export type Stamp = { readonly earliest: string; readonly latest: string };

/** While nothing bounds the time: no lie, and behind all others. */
const NEVER = '9999-12-31T23:59:59.999999Z';

type Stamper = {
  readonly clock: Pick<Clock, 'now' | 'isSynchronized'>;
  readonly form: (piece: Piece, stamp: Stamp) => Uint8Array;
  readonly write: (octets: Uint8Array) => Promise<void>;
};

/** Resolves when the input has ended and all is written. */
export const stampLines = async (input: AsyncIterable<Uint8Array>, { clock, form, write }: Stamper): Promise<void> => {
  const cutter = openCutter();
  let stamp: Stamp = { earliest: instantText(0), latest: NEVER };
  const put = (pieces: readonly Piece[]): Promise<void> =>
    write(Buffer.concat(pieces.map((piece) => form(piece, stamp))));
  for await (const chunk of input) {
    stamp = stampNow(clock, stamp);
    await put(cutter.cut(chunk));
  }
  stamp = stampNow(clock, stamp);
  await put(cutter.end());
};

/** A line does not come before the one that it follows: so `earliest` never runs back, also when the time was lost. */
const stampNow = (clock: Stamper['clock'], before: Stamp): Stamp => {
  if (!clock.isSynchronized) return { ...before, latest: NEVER };
  const { earliest, latest } = clock.now();
  const text = instantText(earliest, Math.floor);
  return {
    earliest: text > before.earliest ? text : before.earliest,
    latest: Number.isFinite(latest) ? instantText(latest, Math.ceil) : NEVER,
  };
};
