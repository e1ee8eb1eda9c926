/** `POST /samples`: a gateway hands in one signed sample, and gets our clocks' reading and the keys to vouch for. `GET /samples`: the log. */
import * as v from 'valibot';
import { openDelegation } from '#contract/delegation.ts';
import { openEdgeCertificates } from '#contract/edge-certificates.ts';
import { edgeReadingEntries } from '#contract/edge-reading.ts';
import { count, publicKey } from '#contract/fields.ts';
import type { GatewayKeys } from '#contract/gateway-keys.ts';
import { ok, refuse } from '#contract/result.ts';
import { MAX_SAMPLE_BYTES, openSample, signerOfSample } from '#contract/signed-sample.ts';
import type { TimeSample } from '#contract/time-sample.ts';
import { fromUtf8 } from '#contract/web-platform.ts';
import { readBounded } from '../bounded-body.ts';
import { respondJson } from '../headers.ts';
import type { Offered } from '../keeper.ts';
import type { EdgeContext, Ports } from '../ports.ts';
import { problem } from '../problem.ts';
import { SUSPICIONS } from '../timekeeper.ts';

export const receivedSample = v.object({
  ...edgeReadingEntries,
  epoch: v.exactOptional(count),
  sequence: v.exactOptional(count),
  edgeKeys: v.array(publicKey),
});
export const sampleLog = v.array(
  v.object({ jws: v.string(), receivedUnixMs: count, outcome: v.picklist(['kept', ...SUSPICIONS]) }),
);

const DEFAULT_LIMIT = 50;
const LIMIT = /^[1-9]\d{0,5}$/;
export const sampleQuery = { limit: v.optional(v.pipe(v.string(), v.regex(LIMIT))) };

export const postSample =
  ({ isolate, gatewayKeys, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const body = await readBounded(c.req.raw, MAX_SAMPLE_BYTES);
    if (!body) return problem(c, refuse('too-large'));
    const jws = fromUtf8(body) ?? '';
    let keys = await gatewayKeys();
    let sample = await openSample(jws, keys);
    if (!sample.ok && sample.reason === 'unknown-key') {
      await isolate.renew(scope(c)); // a gateway may have changed its key, and we have not heard of it yet
      keys = await gatewayKeys();
      sample = await openSample(jws, keys);
    }
    if (!sample.ok) return problem(c, sample);

    const gatewayKey = signerOfSample(jws, keys)?.x;
    const from = { origin: new URL(c.req.url).origin, location: locationOf(c.req.raw), gatewayKey };
    const { delegations = [], roughtime = [] } = sample.value;
    const offered = await Promise.all(delegations.map((text) => open(text, keys, roughtime)));
    const receipt = await isolate.keep(scope(c), jws, sample.value, offered, from);
    if (!receipt) return problem(c, refuse('unavailable'));
    const { reading, place, wanted } = receipt;
    if (!reading.ok) return problem(c, reading, isConflict(reading.reason) ? place : {});
    const reply: v.InferOutput<typeof receivedSample> = { ...reading.value, ...place, edgeKeys: [...wanted] };
    return respondJson(reply);
  };

/** With the same in the form of Roughtime, where that is among `others`. */
const open = async (
  jws: string,
  keys: GatewayKeys,
  others: NonNullable<TimeSample['roughtime']>,
): Promise<Offered[number]> => {
  const opened = await openDelegation(jws, keys);
  if (!opened.ok) return opened;
  const delegation = opened.value;
  const other = others.find(({ edgeKey }) => edgeKey === delegation.edgeKey);
  if (!other) return ok({ jws, delegation });
  const certified = await openEdgeCertificates(other, delegation);
  return ok({ jws, delegation, roughtime: certified.ok ? ok(other) : certified });
};

/** A gateway that comes back with an old state learns where it stands from these. */
const isConflict = (reason: string): boolean => reason === 'replayed' || reason === 'forked' || reason === 'loop';

/** The data centre's airport code. */
const locationOf = ({ cf }: Request): string => (typeof cf?.colo === 'string' ? cf.colo : 'local');

/** The newest first, for anyone to audit. */
export const getSamples =
  ({ isolate, settings, scope }: Ports) =>
  async (c: EdgeContext): Promise<Response> => {
    const limit = c.req.query('limit') ?? String(Math.min(DEFAULT_LIMIT, settings.publicLog));
    if (!LIMIT.test(limit) || Number(limit) > settings.publicLog)
      return problem(c, refuse('malformed', `limit: expected 1 to ${settings.publicLog}`));
    const log = await isolate.log(scope(c), Number(limit));
    return log
      ? respondJson(log satisfies Readonly<v.InferOutput<typeof sampleLog>>)
      : problem(c, refuse('unavailable'));
  };
