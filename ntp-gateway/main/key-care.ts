/** `rotate-key` and `revoke-key`: the edges are told first, and then the state directory changes. */
import { createInterface } from 'node:readline/promises';
import { setTimeout } from 'node:timers/promises';
import type { Nanos } from '#contract/time.ts';
import { formatDuration } from '#contract/units.ts';
import { postSuccession } from '../io/https.ts';
import { beginRevocation, beginRotation, complete, type Turn } from '../io/key-rotation.ts';
import { type GatewayKey, keyFiles } from '../io/keys.ts';
import { SetupError } from '../io/setup-error.ts';
import { goesBy, refusalOf } from '../publish/answer.ts';
import { type FileOption, load } from './configuration.ts';
import { NO } from './exit-codes.ts';

type CareOptions = FileOption & { readonly publish: readonly string[]; readonly json?: true };
type Told = { readonly url: string; readonly outcome: string; readonly detail?: string };

/** What to do where an edge answers so; a word that is not here speaks for itself. */
const ADVICE: Readonly<Record<string, string>> = {
  unreachable: 'no whole answer within 10 s',
  'not-an-edge': 'something else answers there',
  'method-not-allowed': 'it is of an older release, which knows no rotation: deploy it anew',
  'unknown-key':
    'the key in its GATEWAY_KEYS is another one, or more than four rotations old: put the current one there',
  forked: 'this key has named another one there before: it was stolen, or its state directory was copied. Revoke it',
};

/** @param options - `overlap`: until an edge's isolates, each of which has a memory of its own, have all heard of it. */
export const rotateKey = async (options: CareOptions & { readonly overlap: Nanos }): Promise<void> => {
  const { id: gateway, stateDir, origins } = settingsOf(options);
  const turn = await beginRotation(stateDir, gateway);
  const edges = await tell(origins, turn);
  const isDone = edges.every(({ outcome }) => outcome === 'ok');
  if (isDone && origins.length > 0) {
    console.error(
      `noonmark-gateway: each edge knows it; in ${formatDuration(options.overlap)} all of it does, and the new key signs`,
    );
    await setTimeout(options.overlap / 1e6);
  }
  if (isDone) await complete(stateDir, turn);
  else process.exitCode = NO;
  const text = [
    `from  ${turn.key.id}`,
    `to    ${turn.next.id}`,
    ...edges.map(toldText),
    '',
    ...(isDone
      ? [
          'The new key signs from now on; a daemon that runs has it within seconds. Callers who have pinned the old one go on.',
          "At leisure, for the edge's wrangler.toml and for new callers (--gateway-key, gateway_key):",
          pasteText(gateway, turn.next),
          `The old key is in ${keyFiles(stateDir).retired}: docs/keys.md says when it may be deleted.`,
        ]
      : ['The old key goes on, and so does the rotation: say this again when each edge can know the new one.']),
  ];
  print(options, gateway, turn, turn.next, edges, isDone, text);
};

export const revokeKey = async (options: CareOptions & { readonly yes?: true }): Promise<void> => {
  const { id: gateway, stateDir, origins } = settingsOf(options);
  if (!options.yes) await confirm(gateway);
  const turn = await beginRevocation(stateDir, gateway);
  const edges = await tell(origins, turn);
  const untold = edges.filter(({ outcome }) => outcome !== 'ok');
  const told = [
    `revoked  ${turn.key.id}`,
    ...edges.map(toldText),
    '',
    ...untold.flatMap(({ url }) => [`Tell ${url} as soon as it can be reached:`, `  curl -d ${turn.jws} ${url}/keys`]),
  ];
  // Also where an edge could not be told: nothing more is to be signed by that key.
  const next = await complete(stateDir, turn).catch((error) => {
    console.error([...told, 'The old key is still in its place: say this again once that can be changed.'].join('\n'));
    throw error;
  });
  if (untold.length > 0) process.exitCode = NO;
  const text = [
    ...told,
    "No edge believes this gateway until it has the new key. For each edge's wrangler.toml, then deploy; and callers have to pin",
    'the id (--gateway-key, gateway_key):',
    pasteText(gateway, next),
    'Clients of Roughtime have to pin anew, too: noonmark-gateway keys. What else may have leaked with it: docs/keys.md.',
  ];
  print(options, gateway, turn, next, edges, true, text);
};

const settingsOf = (options: CareOptions) => {
  const config = load(options);
  const origins = [...new Set([...config.publish.map(({ origin }) => origin), ...options.publish])];
  return { ...config, origins };
};

const tell = (origins: readonly string[], { jws, next }: Turn): Promise<Told[]> =>
  Promise.all(
    origins.map(async (url): Promise<Told> => {
      try {
        const answer = await postSuccession(url, jws);
        if (goesBy(answer, next?.x)) return { url, outcome: 'ok' };
        return { url, outcome: answer.status === 200 ? 'not-an-edge' : refusalOf(answer) };
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return { url, outcome: 'unreachable', ...(typeof code === 'string' && { detail: code }) };
      }
    }),
  );

const confirm = async (gateway: string): Promise<void> => {
  if (!process.stdin.isTTY)
    throw new SetupError('revoke-key asks before it does anything: --yes where nobody is there');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const typed = await terminal.question(
    `No edge and no caller will believe ${gateway} by this key again. Its name, to go on: `,
  );
  terminal.close();
  if (typed.trim() !== gateway) throw new SetupError('nothing was revoked');
};

const toldText = ({ url, outcome, detail }: Told): string => {
  if (outcome === 'ok') return `${url}: knows it`;
  const advice = detail ?? ADVICE[outcome];
  return `${url}: ${outcome}${advice ? `, ${advice}` : ''}`;
};

const pasteText = (gateway: string, { id, x }: GatewayKey): string =>
  `\n[vars.GATEWAY_KEYS]\n"${gateway}" = "${x}"\n\n${id}\n`;

const print = (
  { json }: CareOptions,
  gateway: string,
  { key, jws }: Turn,
  next: GatewayKey,
  edges: readonly Told[],
  done: boolean,
  text: readonly string[],
): void => {
  const page = { gateway, id: key.id, next: { id: next.id, x: next.x }, jws, edges, done };
  console.log(json ? JSON.stringify(page, null, 2) : text.join('\n'));
};
