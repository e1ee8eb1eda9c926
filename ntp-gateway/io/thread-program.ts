import { extname } from 'node:path';

/** @param name - of a file beside this one: of TypeScript here, and of JavaScript where pack.ts has made a bundle of each. */
export const threadProgram = (name: string): URL => new URL(`./${name}${extname(import.meta.url)}`, import.meta.url);
