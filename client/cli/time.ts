/** `noonmark time`: the time, its bound, and who vouches for it. */
import type { TimeAnswer } from '#contract/time-answer.ts';
import { type Asked, type AskOptions, askEdge, type Known, readEdge } from './ask.ts';
import { boundOf, durationText, readingJson, readingText, skewJson, skewText, toMicros } from './instant.ts';
import { print, sayRefused } from './output.ts';
import { asking, paint, showProgress } from './terminal.ts';

type Options = AskOptions & { readonly json?: true };

export const time = async (url: URL, options: Options): Promise<void> => {
  const asked = await showProgress(asking(url.origin), askEdge(url, options));
  if (!asked.ok) return sayRefused(url.origin, asked, options.json);
  const known = readEdge(asked.value);
  asked.value.close();
  if (!known.ok) return sayRefused(url.origin, known, options.json);
  print((options.json ? jsonOf : textOf)(asked.value, known.value, options));
};

const jsonOf = ({ origin, roundTrip, exchanges, security }: Asked, known: Known, { gatewayKey }: Options): string => {
  const { reading, skew, isSynchronized, verified } = known;
  const page = {
    ...readingJson(reading),
    uncertaintyMs: toMicros(boundOf(reading, reading.time), Math.ceil),
    synchronized: isSynchronized,
    verified: verified
      ? { key: gatewayKey, gateway: verified.gateway, stratum: verified.stratum, leap: verified.leap }
      : null,
    thisHost: skewJson(skew),
    edge: origin,
    security: security(),
    exchanges,
    roundTripMs: toMicros(roundTrip),
  };
  return JSON.stringify(page, null, 2);
};

const textOf = ({ origin, roundTrip, exchanges, security }: Asked, known: Known, { gatewayKey }: Options): string => {
  const { reading, skew, isSynchronized, verified } = known;
  const nobody = `${paint('yellow', 'nobody')}: ${security() === 'none' ? 'plain HTTP' : 'TLS alone'}`;
  return [
    paint('bold', readingText(reading)),
    ...(isSynchronized
      ? []
      : [paint('yellow', 'not synchronized: the edge repeats the clock of a gateway that no source answers')]),
    `this host   ${skewText(skew)}`,
    `vouched by  ${verified ? paint('green', `the gateway with key ${gatewayKey}`) : `${nobody}; --gateway-key has answers verified`}`,
    ...(verified ? [`sources     ${sourcesText(verified)}`] : []),
    `asked       ${origin}, ${exchanges} exchanges, the quickest in ${durationText(roundTrip)}${CAUTION[security()]}`,
  ].join('\n');
};

const sourcesText = ({ gateway, stratum, leap }: TimeAnswer): string =>
  `by way of ${gateway}, stratum ${stratum}${LEAP[leap]}`;
const LEAP = { none: '', insert: ', a leap second is coming', delete: ', a second will be left out' };
const CAUTION = {
  none: '',
  tls: '',
  'out-of-date': '; its certificate is out of date by this host’s clock, which the key makes up for',
};
