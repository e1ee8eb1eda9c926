/** `noonmark time`: the time, its bound, and who vouches for it. */
import { type Asked, type AskOptions, askEdge } from './ask.ts';
import { boundOf, durationText, instantText, readingJson, skewJson, skewText } from './instant.ts';
import { sayRefused } from './refusals.ts';
import { paint, showProgress } from './terminal.ts';

export const time = async (url: URL, options: AskOptions & { readonly json?: true }): Promise<void> => {
  const asked = await showProgress(`asking ${url.origin}`, askEdge(url, options));
  if (!asked.ok) return sayRefused(url.origin, asked, options.json);
  console.log(options.json ? JSON.stringify(jsonOf(asked.value, options), null, 2) : textOf(asked.value, options));
  asked.value.close();
};

const jsonOf = ({ origin, clock, roundTrip, exchanges, security }: Asked, { gatewayKey }: AskOptions) => {
  const { skew, isSynchronized, verified } = clock;
  const reading = clock.now();
  return {
    ...readingJson(reading),
    uncertaintyMs: Math.ceil(boundOf(reading, reading.time) * 1_000) / 1_000,
    synchronized: isSynchronized,
    ...(skew && { thisHost: skewJson(skew) }),
    vouchedBy: verified
      ? { gateway: verified.gateway, key: gatewayKey, stratum: verified.stratum, leap: verified.leap }
      : null,
    edge: origin,
    security: security(),
    exchanges,
    roundTripMs: Math.round(roundTrip * 1_000) / 1_000,
  };
};

const textOf = ({ origin, clock, roundTrip, exchanges, security }: Asked, { gatewayKey }: AskOptions): string => {
  const { skew, isSynchronized, verified } = clock;
  const reading = clock.now();
  const bound = durationText(boundOf(reading, reading.time));
  const leap = { none: 'no leap second', insert: 'a leap second to come', delete: 'a second to be left out' };
  const vouched = verified
    ? paint(
        'green',
        `gateway ${verified.gateway}, key ${gatewayKey}, stratum ${verified.stratum}, ${leap[verified.leap]}`,
      )
    : `${paint('yellow', 'nobody')}: ${security() === 'none' ? 'plain HTTP' : 'TLS alone'}; with --gateway-key each answer is verified`;
  return [
    `${paint('bold', instantText(reading.time))} ± ${bound}`,
    ...(isSynchronized
      ? []
      : [paint('yellow', 'not synchronized: the edge repeats the clock of a gateway that no source answers')]),
    `this host   ${skew ? skewText(skew) : 'its clock has just jumped'}`,
    `vouched by  ${vouched}`,
    `asked       ${origin}, ${exchanges} exchanges, the quickest in ${durationText(roundTrip)}${CAUTION[security()]}`,
  ].join('\n');
};

const CAUTION = {
  none: '',
  tls: '',
  'out-of-date': '; its certificate is out of date by this host’s clock, which the key makes up for',
};
