/** `noonmark verify`: from a gateway's key to this host's clock, link by link. */
import type { Skew } from '../estimate.ts';
import { openKnowledge } from '../knowledge.ts';
import type { AskOptions } from './ask.ts';
import { type Link, linksOf, type Walked, walk } from './chain.ts';
import { floorOf } from './floor-file.ts';
import { hostClocks } from './host-clocks.ts';
import { openHttpGet } from './https-get.ts';
import { skewJson, skewText } from './instant.ts';
import { print } from './output.ts';
import { exitOf } from './refusals.ts';
import { asking, paint, showProgress } from './terminal.ts';

type Options = AskOptions & { readonly gatewayKey: string; readonly json?: true };

export const verify = async (url: URL, options: Options): Promise<void> => {
  const { gatewayKey, timeout, ca } = options;
  const getter = openHttpGet({ isPinned: true, ...(ca !== undefined && { ca }) });
  const floor = floorOf(gatewayKey);
  const patience = (): AbortSignal => AbortSignal.timeout(timeout);
  const question = { get: getter.get, url, gatewayKey, floor: floor.load(), patience };
  const known = openKnowledge(hostClocks, hostClocks.look, () => {});
  const jumps = known.look();
  const walked = await showProgress(asking(url.origin), walk(question));
  getter.close();

  const isStill = known.look() === jumps; // or nobody knows how long the answer took
  if (walked.ok && isStill) known.learn(walked.exchanged);
  if (walked.ok) floor.save(walked.exchanged.told.earliest);
  const links = linksOf(walked, question, getter.security());
  print(options.json ? jsonOf(url, walked, links, known.skew()) : textOf(links, known.skew()));
  if (!walked.ok) process.exitCode = exitOf(walked.refused);
};

const jsonOf = (url: URL, walked: Walked, links: readonly Link[], skew: Skew | undefined): string => {
  const { answer, refused } = { answer: undefined, refused: undefined, ...walked };
  const told = answer ? { answer } : { refusal: refused?.reason, detail: refused?.detail };
  const thisHost = skew && { thisHost: skewJson(skew) };
  return JSON.stringify({ verified: walked.ok, edge: url.origin, links, ...told, ...thisHost }, null, 2);
};

const textOf = (links: readonly Link[], skew: Skew | undefined): string => {
  const line = (mark: string, name: string, text: string): string => `${mark} ${name.padEnd(10)}  ${text}`.trimEnd();
  const lines = links.map(({ link, holds, text }) => {
    if (holds === undefined) return paint('dim', line('·', link, text));
    return line(holds ? paint('green', '✔') : paint('red', '✘'), link, text);
  });
  if (!skew) return lines.join('\n');
  const mayBeRight = skew.earliest <= 0 && skew.latest >= 0;
  const mark = mayBeRight ? paint('green', '✔') : paint('yellow', '!');
  return [...lines, line(mark, 'this host', skewText(skew))].join('\n');
};
