/** The edge on this machine, for one gateway, and its word held against a host clock that a test knows the shift of. */
import { expect } from 'vitest';
import type { TimeAnswer } from '#contract/time-answer.ts';
import { openClocks } from '../../ntp-gateway/io/clocks.ts';
import { type Edge, startEdge } from '../../worker/local/edge.ts';
import { GATEWAY_ID } from './gateway-config.ts';
import { makeTempDir } from './temp-dir.ts';
import { waitFor } from './wait-for.ts';

export type TestEdge = Edge & { [Symbol.asyncDispose](): Promise<void> };

type TestEdgeOptions = {
  readonly port?: number;
  readonly stateDir?: string;
  readonly vars?: Readonly<Record<string, string>>;
  readonly entry?: string;
};

/** One machine has one clock: no spread, no lag. @param x - the public key of the gateway that it trusts. */
export const startTestEdge = async (
  x: string,
  { port = 0, stateDir = makeTempDir(), vars = {}, ...entry }: TestEdgeOptions = {},
): Promise<TestEdge> => {
  const keys = { GATEWAY_KEYS: JSON.stringify({ [GATEWAY_ID]: x }) };
  const oneMachine = { EDGE_SPREAD_MS: '0', OBJECT_LAG_MS: '0' };
  const edge = await startEdge({
    host: '127.0.0.1',
    port,
    stateDir,
    vars: { ...oneMachine, ...keys, ...vars },
    ...entry,
  });
  return { ...edge, [Symbol.asyncDispose]: edge.stop };
};

const { wall } = openClocks();
/** This host's clock, Unix ms with a fraction. */
export const hostMs = (): number => Number(wall()) / 1e6;

/** What `/time` says, and the host's clock before the request went out and after the answer came in. */
export type Asked = { readonly answer: TimeAnswer; readonly before: number; readonly after: number };

/** @returns undefined for a refusal. */
export const askTime = async (origin: string, signal?: AbortSignal): Promise<Asked | undefined> => {
  const before = hostMs();
  const response = await fetch(new URL('/time', origin), signal ? { signal } : {});
  const after = hostMs();
  const body = await response.json();
  return response.ok ? { answer: body as TimeAnswer, before, after } : undefined;
};

/** The edge is started and published to, and knows the time soon. */
export const untilTime = (origin: string): Promise<Asked> => waitFor(`time from ${origin}`, () => askTime(origin));

const TRIES = 10;

/** The quickest of a few: the less time it took, the better is it known when the edge took its reading. */
export const askTimeQuickly = async (origin: string): Promise<Asked> => {
  const asked: Asked[] = [];
  while (asked.length < TRIES) asked.push(await untilTime(origin));
  return asked.reduce((best, one) => (one.after - one.before < best.after - best.before ? one : best));
};

/** One within ± 20 ms, which each exchange may bring: a busy machine needs some more of them. */
export const askPrecisely = (origin: string): Promise<Asked> =>
  waitFor('time within ± 20 ms', async () => {
    const asked = await askTimeQuickly(origin);
    return asked.answer.uncertaintyMs < 20 && asked;
  });

/** True time, which is the host's plus `shiftMs`, lies in the interval of the answer. */
export const expectTruth = ({ answer, before, after }: Asked, shiftMs: number): void => {
  expect(answer.earliestUnixMs).toBeLessThanOrEqual(after + shiftMs);
  expect(answer.latestUnixMs).toBeGreaterThanOrEqual(before + shiftMs);
};
