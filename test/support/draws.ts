/** How many worlds a property draws: a few each time, many more where there is time for it (`npm run test:simulation`). */

declare global {
  interface ImportMeta {
    readonly env?: Readonly<Record<string, string | undefined>>;
  }
}

/** @param few - of `npm test`. */
export const draws = (few: number): number => few * Number(import.meta.env?.DRAWS ?? 1);
