/** The edge beside the least that a Worker can do with hono: both in one workerd, each on a socket of its own, asked in turn. */
import { join } from 'node:path';
import { uint32 } from '#contract/roughtime/integers.ts';
import { encodePacket } from '#contract/roughtime/packet.ts';
import { NONCE_BYTES, TYPE } from '#contract/roughtime/request.ts';
import { VERSIONS } from '#contract/roughtime/versions.ts';
import type { Bytes } from '#contract/web-platform.ts';
import { startChild } from '../../support/child.ts';
import { startChronyd } from '../../support/chronyd.ts';
import { makeGatewayState, startGateway, untilPublished } from '../../support/gateway.ts';
import { NODE } from '../../support/root.ts';
import { waitFor } from '../../support/wait-for.ts';
import { moveChildrenToAnswering, runAsking } from '../cores.ts';
import { alternate, type Figure, median } from '../figures.ts';
import type { HttpLoad } from '../load/http.ts';
import { type Cost, compare, type Length, withCost } from '../server/measure.ts';
import { startWorkers } from './workers.ts';

const CANNED = join(import.meta.dirname, 'canned.ts');
const LOAD = join(import.meta.dirname, '../load/http.ts');
const CONNECTIONS = 32;
const NONCE = 'bm9vbm1hcmstbm9uY2U';

/** For no server in particular. */
const ROUGHTIME = encodePacket({
  VER: uint32(...VERSIONS),
  NONC: new Uint8Array(NONCE_BYTES).fill(7),
  TYPE: uint32(TYPE.request),
  ZZZZ: new Uint8Array(948),
});

type Request = { readonly path: string; readonly body?: Bytes };
/** What is asked of the edge, and the least ratio of its requests/s to the bare route's that we aim at, if at any. */
type Row = Request & { readonly name: string; readonly aim?: string; readonly of?: 'edge' | 'bare' };

const ROWS = {
  time: { name: '/time', path: '/time', aim: '≥ 0.8' },
  // Nobody else is told the same, as those are who ask the above in one ms.
  nonce: { name: '/time with a nonce', path: `/time?nonce=${NONCE}` },
  signed: { name: '/time, signed', path: `/time?format=jws&nonce=${NONCE}`, aim: '≥ 0.4' },
  roughtime: { name: '/roughtime', path: '/roughtime', body: ROUGHTIME, aim: '≥ 0.3' },
  // What is left to us of the first: this Worker only says the same, under the same headers.
  'as-much': { name: 'bare route that says as much as /time', path: '/as-much', of: 'bare' },
} satisfies Record<string, Row>;
export type RowName = keyof typeof ROWS;
export const ROW_NAMES = Object.keys(ROWS) as RowName[];

/** Some answers have to wait for a gateway's delegation. */
const isAnswered = async (origin: string, { path, body }: Request): Promise<boolean> => {
  const response = await fetch(`${origin}${path}`, body ? { method: 'POST', body } : {});
  await response.body?.cancel();
  return response.ok;
};

const ask = (origin: string, { path, body }: Request, seconds: number): Promise<HttpLoad> => {
  const more = body ? [Buffer.from(body).toString('base64')] : [];
  return runAsking(LOAD, `${origin}${path}`, `${CONNECTIONS}`, `${seconds}`, ...more);
};

export const benchEdge = async (
  { seconds, rounds }: Length,
  names: readonly RowName[] = ROW_NAMES,
): Promise<readonly Figure[]> => {
  await using chronyd = await startChronyd();
  const { stateDir, x } = await makeGatewayState();
  await using workers = await startWorkers(x);
  await using gateway = await startGateway({ stateDir, sources: [chronyd], publish: [workers.edge] });
  await using canned = await startChild(NODE, [CANNED]);
  const cannedOrigin = await waitFor('the canned answer', () => canned.said.stdout.trim() || undefined);
  await untilPublished(gateway);
  const originOf = ({ of = 'edge' }: Row): string => workers[of];
  for (const name of names) await waitFor(`an answer: ${name}`, () => isAnswered(originOf(ROWS[name]), ROWS[name]));
  await moveChildrenToAnswering();

  const inWorkerd = (origin: string, request: Request) => (): Promise<HttpLoad & Cost> =>
    withCost(workers.pid, () => ask(origin, request, seconds));
  const contestants = names.map((name) => [name, inWorkerd(originOf(ROWS[name]), ROWS[name])] as const);
  const { bare, ...ours } = await alternate(rounds, {
    bare: inWorkerd(workers.bare, { path: '/' }),
    ...(Object.fromEntries(contestants) as Record<RowName, () => Promise<HttpLoad & Cost>>),
  });
  const most = await alternate(1, { most: () => ask(cannedOrigin, { path: '/' }, seconds) });
  return [
    ...names.flatMap((name) => figuresOf(ROWS[name], ours[name], bare)),
    { name: 'what the asking side can do: a canned answer', unit: 'requests/s', ours: most.most[0]!.perSecond },
  ];
};

/** The ratio is the median of the rounds' own: an hour's noise hits both who are asked in one of them, if they take short turns. */
const figuresOf = ({ name, aim }: Row, ours: readonly (HttpLoad & Cost)[], theirs: typeof ours): readonly Figure[] => {
  const row = compare({ ours, theirs }, 'bare hono route');
  const figure = (unit: string, read: (found: HttpLoad & Cost) => number, aim?: string): Figure => ({
    ...row(name, unit, read, aim),
    ratio: median(ours.map((found, round) => read(found) / read(theirs[round]!))),
  });
  return [
    figure('requests/s', ({ perSecond }) => perSecond, aim),
    figure('ms at p50', ({ p50Ms }) => p50Ms),
    figure('ms at p99', ({ p99Ms }) => p99Ms),
    figure('processor time, ms/request', ({ cpuMicros }) => cpuMicros / 1_000, 'ours < 0.5'),
  ];
};
