/** Cuts a stream of octets into lines, and keeps no more than a piece of one. */

/** A line as it came, with the newline at its end; or a piece of a long one. */
export type Piece = {
  readonly octets: Uint8Array;
  /** Whether a line begins with it. */
  readonly begins: boolean;
  /** Whether it ends with it. */
  readonly ends: boolean;
};

export type Cutter = {
  readonly cut: (chunk: Uint8Array) => readonly Piece[];
  /** What is left where the stream ends without a newline. */
  readonly end: () => readonly Piece[];
};

/** In octets. A line that is longer is handed on as it comes. */
export const LONG = 65_536;
export const NEWLINE = 0x0a;

export const openCutter = (): Cutter => {
  let kept: Uint8Array = new Uint8Array();
  let begins = true;
  const piece = (octets: Uint8Array, ends: boolean): Piece => {
    const made = { octets, begins, ends };
    begins = ends;
    return made;
  };
  return {
    cut: (chunk) => {
      const octets = kept.length > 0 ? Buffer.concat([kept, chunk]) : chunk;
      const pieces: Piece[] = [];
      let from = 0;
      let at = octets.indexOf(NEWLINE, kept.length);
      for (; at >= 0; at = octets.indexOf(NEWLINE, from)) {
        pieces.push(piece(octets.subarray(from, at + 1), true));
        from = at + 1;
      }
      kept = octets.subarray(from);
      if (kept.length > (begins ? LONG : 0)) {
        pieces.push(piece(kept, false));
        kept = new Uint8Array();
      }
      return pieces;
    },
    end: () => (kept.length > 0 ? [piece(kept, true)] : []),
  };
};
