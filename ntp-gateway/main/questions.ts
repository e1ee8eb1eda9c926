/** What is asked on the command line beside the daemon: of the file, of the daemon that runs, of a recording. */
import { existsSync } from 'node:fs';
import { base64 } from '#contract/web-platform.ts';
import { askControl, whyUnanswered } from '../io/control.ts';
import { openStateDir } from '../io/files.ts';
import { keyFiles, loadKey, loadOrCreateKey, loadOrCreateRoughtimeKey } from '../io/keys.ts';
import { readNamedFiles } from '../io/named-files.ts';
import { digestOf, linesOf } from '../io/recording.ts';
import { SetupError } from '../io/setup-error.ts';
import { type Replay, replayLine } from '../record/replay.ts';
import { replayedOf, replayedText } from '../status/replayed.ts';
import { printable } from '../status/screen.ts';
import { type FileOption, load } from './configuration.ts';
import { NO, NO_DAEMON } from './exit-codes.ts';
import { watch } from './watch.ts';

export const check = (options: FileOption): void => {
  readNamedFiles(load(options));
  console.log(`${options.config}: good`);
};

export const keys = async (options: FileOption & { readonly json?: true }): Promise<void> => {
  const { id: gateway, stateDir, server, publish } = load(options);
  openStateDir(stateDir);
  const { id, x, roughtimeFor } = await loadOrCreateKey(stateDir);
  const next = existsSync(keyFiles(stateDir).next) ? (await loadKey(stateDir, 'next')).id : undefined;
  const roughtime = server.roughtime && base64((await loadOrCreateRoughtimeKey(stateDir)).publicKey);
  const edges = publish.map(({ origin }) => ({ origin, roughtime: base64(roughtimeFor(origin).publicKey) }));
  const text = [
    "for callers to pin (--gateway-key, gateway_key), the key's id:",
    id,
    ...(next === undefined ? [] : ['which this one is to follow, once rotate-key has told each edge:', next]),
    "for the edge's wrangler.toml, the public key:",
    `[vars.GATEWAY_KEYS]\n"${gateway}" = "${x}"`,
    ...(roughtime === undefined ? [] : ['for clients of Roughtime, the public key:', roughtime]),
    ...edges.flatMap((edge) => [`for clients of Roughtime at ${edge.origin}, the public key:`, edge.roughtime]),
  ];
  console.log(options.json ? JSON.stringify({ gateway, id, x, next, roughtime, edges }) : text.join('\n\n'));
};

type Asking = { readonly stateDir: string; readonly json?: true; readonly watch?: true };

/** Prints what the daemon answers; `isGood` decides between exit 0 and 1. */
export const show =
  <Page>(path: string, text: (page: Page, columns?: number) => string, isGood: (page: Page) => boolean) =>
  async ({ stateDir, json, watch: isWatched }: Asking): Promise<void> => {
    const ask = async (): Promise<Page | undefined> => (await askControl(stateDir, path)) as Page | undefined;
    const shown = (page: Page): string => text(page, columnsOf(process.stdout));
    if (isWatched) return watch(`noonmark-gateway ${path.slice(1)}`, stateDir, async () => textOf(await ask(), shown));
    const page = await ask();
    if (page === undefined) {
      console.error(`noonmark-gateway: ${whyUnanswered(stateDir)}`);
      process.exitCode = NO_DAEMON;
      return;
    }
    console.log(json ? JSON.stringify(page, null, 2) : printable(shown(page)));
    if (!isGood(page)) process.exitCode = NO;
  };

/** Of a terminal; elsewhere a line is as wide as it has to be. */
const columnsOf = ({ isTTY, columns }: NodeJS.WriteStream): number | undefined => (isTTY ? columns || 80 : undefined);

const textOf = <Page>(page: Page | undefined, text: (page: Page) => string): string | undefined => page && text(page);

/** Exit 1 at the first line that is not what it was, or not a line of a recording. */
export const replay = async (file: string, { json }: { readonly json?: true }): Promise<void> => {
  let replayed: Replay | undefined;
  for await (const line of linesOf(file)) {
    const next = replayLine(replayed, line, digestOf);
    if (!next.ok) {
      console.error(`noonmark-gateway: ${file}:${(replayed?.lines ?? 0) + 1}: ${next.detail}`);
      process.exitCode = NO;
      return;
    }
    replayed = next.value;
  }
  if (!replayed) throw new SetupError(`${file} holds no recording`);
  const page = replayedOf(replayed);
  console.log(json ? JSON.stringify(page, null, 2) : replayedText(page));
};
