/** Roughtime at the edge (RFC 10049): one server, with a long-term key for each gateway that vouches for it. */
import type { EdgeCertificates } from '#contract/edge-certificates.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import { answerRequests, type OnlineKey } from '#contract/roughtime/answer.ts';
import { type Admitted, isFor, serverId } from '#contract/roughtime/request.ts';
import { intervalOf, PROCESSING, type RoughTime, roughTime } from '#contract/roughtime/rough-time.ts';
import { DRAFT, VERSION_1, type Version } from '#contract/roughtime/versions.ts';
import { afterAtLeast } from '#contract/time.ts';
import type { Answer } from '#contract/time-answer.ts';
import { type Bytes, fromBase64url } from '#contract/web-platform.ts';
import type { FindSigning } from './signing-key.ts';

type Server = { readonly longTermKey: string; readonly id: Bytes; readonly certificates: OnlineKey['certificates'] };

/**
 * @param origin - where the caller asked.
 * @returns `malformed` · `other-server` where no long-term key or more than one could be meant (§5.2).
 */
export type AnswerRoughtime = (
  request: Admitted,
  answer: Answer,
  origin: string,
) => Promise<Result<Bytes, 'malformed' | 'no-time'>>;

export const createRoughtime = (findSigning: FindSigning): AnswerRoughtime => {
  // Worked out once for what the object has told, and gone with it.
  const known = new WeakMap<EdgeCertificates, Server>();
  const serverOf = async (given: EdgeCertificates): Promise<Server> => {
    const server = known.get(given) ?? (await makeServer(given));
    known.set(given, server);
    return server;
  };

  return async (request, answer, origin) => {
    const time = roughTimeOf(answer);
    // A certificate lasts just as long as its delegation, in whole seconds, which is what this interval is in.
    const signing = await findSigning(answer, origin, intervalOf(time));
    if (!signing.ok) return signing;
    const { key, delegations } = signing.value;
    const servers = await Promise.all(delegations.flatMap(({ roughtime }) => (roughtime ? [serverOf(roughtime)] : [])));
    if (servers.length === 0)
      return refuse('no-time', 'not signed: no gateway vouches for it in the form of Roughtime');

    const meant = servers.filter(({ id }) => isFor(request, id));
    const [server] = meant;
    if (!server || meant.some(({ longTermKey }) => longTermKey !== server.longTermKey))
      return refuse('malformed', 'other-server');
    const online = { privateKey: key.privateKey, certificates: server.certificates };
    const [response] = await answerRequests([request], time, online);
    return ok(response!);
  };
};

/** The clock stands still while a request computes: that signing takes less than `PROCESSING` is for the platform to keep. */
export const roughTimeOf = ({ earliest, latest, time }: Answer): RoughTime =>
  // A gateway's leap second file may expire while it runs, and sources announce late: RADI is 3 at least.
  roughTime({ earliest, latest: afterAtLeast(latest, PROCESSING) }, time, { knowsLeapSeconds: false });

const makeServer = async ({ longTermKey, certificates }: EdgeCertificates): Promise<Server> => {
  const certificate = (version: Version): Bytes => fromBase64url(certificates[version]!)!; // opened before it was kept
  return {
    longTermKey,
    id: await serverId(fromBase64url(longTermKey)!),
    certificates: { [VERSION_1]: certificate(VERSION_1), [DRAFT]: certificate(DRAFT) },
  };
};
