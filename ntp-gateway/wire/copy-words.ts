/** Copies `size` octets, a multiple of 4, from one memory into another, without the views that `Uint8Array.set` would take. */
export const copyWords = (from: DataView, at: number, to: DataView, toAt: number, size: number): void => {
  for (let i = 0; i < size; i += 4) to.setInt32(toAt + i, from.getInt32(at + i, true), true);
};
