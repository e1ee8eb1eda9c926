/** A piece of a line as it is written out, behind what is known of it. */
import { isUtf8 } from 'node:buffer';
import { NEWLINE, type Piece } from './lines.ts';

/** The octets as they came. */
export const plainPiece = ({ octets, begins }: Piece, head: string): Uint8Array =>
  begins ? Buffer.concat([Buffer.from(head), octets]) : octets;

/** A line of JSON. `more`: the line goes on in the next. `base64`: it is not UTF-8. */
export const jsonPiece = ({ octets, begins, ends }: Piece, head: object): Uint8Array => {
  const inside = Buffer.from(octets.at(-1) === NEWLINE ? octets.subarray(0, -1) : octets);
  const line = isUtf8(inside) ? { line: inside.toString() } : { base64: inside.toString('base64') };
  return Buffer.from(`${JSON.stringify({ ...(begins && head), ...line, ...(!ends && { more: true }) })}\n`);
};
