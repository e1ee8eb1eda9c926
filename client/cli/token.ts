/** `noonmark token`: is it valid by true time, is it here, and whose clock is wrong? It is a secret, and never shown. */
import { createReadStream } from 'node:fs';
import { type AskOptions, askEdge, readEdge } from './ask.ts';
import { print } from './output.ts';
import { EXIT, type Refused, refusalText } from './refusals.ts';
import { asking, complain, showProgress } from './terminal.ts';
import { withLifetime } from './token/judge.ts';
import { MAX_TOKEN_BYTES, readToken, type TokenFault } from './token/read-token.ts';
import { reportJson, reportOf, reportText } from './token/report.ts';

export type TokenOptions = AskOptions & { readonly lifetime?: number; readonly json?: true };

/** @param file - `-` is standard input. */
export const token = async (file: string, url: URL, { lifetime, json, ...ask }: TokenOptions): Promise<void> => {
  const refuse = (exit: number, reason: string, text: string, detail?: string): void => {
    if (json) print(JSON.stringify({ refusal: reason, detail }, null, 2));
    complain(text);
    process.exitCode = exit;
  };

  const bytes = await readStart(file).catch((error: NodeJS.ErrnoException) => error);
  // Its name is not repeated: it may be the token itself, put in the wrong place.
  if (bytes instanceof Error)
    return refuse(
      EXIT.usage,
      'unreadable',
      `that file cannot be read (${bytes.code}); - is standard input`,
      bytes.code,
    );
  const read = readToken(bytes);
  if (!read.ok) {
    const { reason, detail } = read;
    return refuse(EXIT.usage, reason, `${reason}${detail ? ` (${detail})` : ''}: ${FAULTS[reason]}`, detail);
  }

  const asked = await showProgress(asking(url.origin), askEdge(url, ask));
  const noTime = (refused: Refused): void =>
    refuse(EXIT.unreached, refused.reason, `${url.origin}: ${refusalText(refused)}`, refused.detail);
  if (!asked.ok) return noTime(asked);
  const before = Date.now();
  const known = readEdge(asked.value);
  const here = { earliest: before, latest: Date.now() + STEP_MS };
  asked.value.close();
  if (!known.ok) return noTime(known);
  const { isSynchronized, reading } = known.value;
  if (!isSynchronized)
    return refuse(EXIT.unreached, 'unsynchronized', `${url.origin} is not synchronized: its time comes from no source`);

  const report = reportOf({ ...read.value, ...withLifetime(read.value, lifetime) }, reading, here);
  print(json ? JSON.stringify(reportJson(report), null, 2) : reportText(report));
  process.exitCode = report.judgement.verdict === 'valid' ? EXIT.good : EXIT.no;
};

/** Of `Date.now()`, which is never early. */
const STEP_MS = 1;

const FAULTS: Readonly<Record<TokenFault, string>> = {
  'too-large': `no token is longer than ${MAX_TOKEN_BYTES} bytes`,
  malformed: 'it has to be a JWT, a Fernet token, or what `openstack token issue -f json` prints',
  encrypted: 'this JWT is for the holder of a key to read',
};

/** As much of it as shows that it is too large, if it is. */
const readStart = async (file: string): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (file === '-' ? process.stdin : createReadStream(file)) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_TOKEN_BYTES) break;
  }
  return Buffer.concat(chunks);
};
