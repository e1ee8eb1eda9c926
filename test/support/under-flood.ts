/** A flood in the name of a million addresses, as fast as one core can send it, and beside it somebody who asks as he should. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FloodReport } from '../bench/load/flood.ts';
import { askNtp } from './ask-ntp.ts';
import { startChild } from './child.ts';
import { NODE, ROOT } from './root.ts';

const FLOOD = join(ROOT, 'test/bench/load/flood.ts');
const ADDRESSES = 2 ** 20;
const PATIENCE_MS = 500;
/** Between a reply and the next question. */
const PAUSE_MS = 40;

export type UnderFlood = FloodReport & { readonly asked: number; readonly answered: number };

export const askUnderFlood = async (port: number, seconds: number): Promise<UnderFlood> => {
  await using flood = await startChild(NODE, [FLOOD, `${port}`, `${seconds}`, `${ADDRESSES}`]);
  let isOver = false;
  void flood.ended.then(() => {
    isOver = true;
  });
  let [asked, answered] = [0, 0];
  while (!isOver) {
    await sleep(PAUSE_MS);
    if (await askNtp(port, { withinMs: PATIENCE_MS })) answered++;
    asked++;
  }
  if (flood.said.stdout === '') throw new Error(flood.said.stderr);
  return { ...(JSON.parse(flood.said.stdout) as FloodReport), asked, answered };
};
