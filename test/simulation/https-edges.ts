/**
 * Edges that a gateway takes its time from, in virtual time: a path with delays, and answers that are really signed, and really
 * verified by what verifies them in the product.
 */
import { refuse } from '#contract/result.ts';
import { after, milliseconds, type Nanos, nanos, type UnixNanos } from '#contract/time.ts';
import { askEdgesWith } from '../../ntp-gateway/io/edge-answers.ts';
import type { EdgeConnection } from '../../ntp-gateway/io/edge-connection.ts';
import type { EdgeAsked, Ports } from '../../ntp-gateway/ports.ts';
import { type Dice, randomFrom } from '../support/dice.ts';
import { makeSignedEdge, type SignedEdge, type Told } from '../support/signed-edge.ts';
import { makeTimeline } from './timeline.ts';
import { START } from './world.ts';

export type HttpsEdge = {
  readonly gateway?: string;
  /** What it says of true time `now`; its ± is 8 ms, true time anywhere in it, unless it is told otherwise. */
  readonly says?: (now: UnixNanos, dice: Dice) => Told;
  /** ms that each way takes. */
  readonly there?: (dice: Dice, now: UnixNanos) => number;
  readonly back?: (dice: Dice, now: UnixNanos) => number;
  readonly isUp?: (now: UnixNanos) => boolean;
  /** What someone makes of its answer to a nonce: the body of the response. `earlier`: the bodies so far, oldest first. */
  readonly meddle?: (body: string, question: Question) => string | Promise<string>;
  /** Not 200: it refuses. */
  readonly status?: (now: UnixNanos) => number;
};
export type Question = {
  readonly edge: SignedEdge;
  readonly nonce: string;
  readonly now: UnixNanos;
  readonly earlier: readonly string[];
};

/** A Worker's clock counts whole ms, and what bounds it is seldom in the middle. */
export const honest = (now: UnixNanos, dice: Dice): Told => {
  const ahead = nanos(Math.floor((dice.fraction() - 0.5) * 15e6));
  const time = after(now, ahead);
  const [below, above] = [8e6, 8e6 + 4e6 * dice.fraction()];
  return { time, earliest: after(time, nanos(-below)), latest: after(time, nanos(above)) };
};

/** Beyond the time that a gateway waits. */
const LOST = milliseconds(10_000);

/** @param edges - by origin. `around` stands between a gateway's core and its ports in a world on `timeline`. */
export const makeHttpsEdges = async (seed: number, edges: Readonly<Record<string, HttpsEdge>>, start = START) => {
  /** Cryptography takes real time, in which virtual time stands still. */
  let busy = 0;
  const timeline = makeTimeline(start, () => busy > 0);
  const signed = new Map<string, SignedEdge>();
  for (const [origin, { gateway }] of Object.entries(edges)) signed.set(origin, await makeSignedEdge(origin, gateway));
  let asked = 0;

  /** @param when - calls `fire` in virtual time. */
  const until = (when: (fire: () => void) => void): Promise<void> =>
    new Promise((resolve) => {
      busy--;
      when(() => {
        busy++;
        timeline.stir();
        resolve();
      });
    });
  const wait = (length: Nanos): Promise<void> => until((fire) => timeline.at(after(timeline.now(), length), fire));

  const connect =
    ({ mono, timer }: Ports) =>
    (origin: string): EdgeConnection => {
      const { says = honest, isUp = () => true, status = () => 200, ...edge } = edges[origin]!;
      const { there = () => 20, back = () => 20, meddle = (body) => body } = edge;
      const dice = randomFrom(seed, origin);
      const bodies: string[] = [];
      return async (path) => {
        const t1 = mono();
        asked++;
        await wait(milliseconds(there(dice, timeline.now())));
        const now = timeline.now();
        if (!isUp(now)) {
          await wait(LOST);
          await until((fire) => timer(mono(), fire));
          return refuse('timeout');
        }
        const own = signed.get(origin)!;
        const nonce = new URL(path, origin).searchParams.get('nonce');
        const body = nonce === null ? await own.keySet() : await own.sign(says(now, dice), nonce);
        const told = nonce === null ? body : await meddle(body, { edge: own, nonce, now, earlier: bodies });
        if (nonce !== null) bodies.push(body);
        await wait(milliseconds(back(dice, now)));
        await until((fire) => timer(mono(), fire)); // not before the host is awake
        const answered = { t1, t4: mono(), status: status(now), body: told };
        return { ok: true, value: answered };
      };
    };

  const floors = new Map<string, UnixNanos>();
  const ports = (given: Ports): Ports => {
    const of = ({ name }: EdgeAsked) => floors.get(name) ?? start;
    const askEdge = askEdgesWith({ floors: { of }, connect: connect(given) });
    return {
      ...given,
      raiseFloor: (edge, to) => void (to > of(edge) && floors.set(edge.name, to)),
      askEdge: async (edge, nonce) => {
        busy++;
        timeline.stir();
        const outcome = await askEdge(edge, nonce);
        // What hears of it runs first: only then may time go on.
        setImmediate(() => {
          busy--;
          timeline.stir();
        });
        return outcome;
      },
    };
  };

  return {
    timeline,
    around: ports,
    asked: () => asked,
    /** As the configuration has them. */
    sources: Object.keys(edges).map((name, i) => ({
      name,
      gatewayKey: signed.get(name)!.gatewayKey,
      referenceId: 0xed9e_0000 + i,
      minPoll: 4,
      maxPoll: 6,
    })),
  };
};
