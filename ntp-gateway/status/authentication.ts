/** How sources authenticate themselves, as an operator sees it. */
import { between, type MonoNanos } from '#contract/time.ts';
import type { Keys } from '../protocol/keys.ts';
import type { Source } from '../source.ts';
import { AES_SIV_CMAC_256 } from '../wire/nts.ts';
import { iso } from './figures.ts';

export const authenticationOf = ({ config: { key }, association }: Source, now: MonoNanos) => {
  if (association.keys) return { by: 'nts' as const, ...ntsOf(association.keys, now) };
  return key === undefined ? { by: 'none' as const } : { by: 'key' as const, key };
};

/** An edge is believed on the word of the gateway with that key. */
export type Authentication = ReturnType<typeof authenticationOf> | { readonly by: 'gateway-key'; readonly key: string };

const ntsOf = ({ cookies, agreed, exchangedAt, fault, isExchanging }: Keys, now: MonoNanos) => ({
  cookies,
  algorithm: agreed && (agreed.algorithm === AES_SIV_CMAC_256 ? 'AES-SIV-CMAC-256' : 'AES-128-GCM-SIV'),
  /** Which NTP server the keys are for. */
  server: agreed && { address: agreed.server.address, port: agreed.server.port },
  certificateValidUntil: agreed && iso(agreed.validity.latest),
  /** The last key exchange: how long ago, and what was wrong with it. */
  exchange: {
    underWay: isExchanging,
    secondsAgo: exchangedAt === undefined ? null : Math.round(between(exchangedAt, now) / 1e9),
    remembered: agreed?.isRemembered ?? false,
    fault: fault?.reason ?? null,
    detail: fault?.detail ?? null,
  },
});

/** Of a key id, in a column. */
const SHOWN = 8;

/** In a column: by what, and how many cookies are left or which key it is. */
export const authenticationText = (authentication: Authentication): string => {
  if (authentication.by === 'none') return '';
  if (authentication.by === 'gateway-key') return `gateway key ${authentication.key.slice(0, SHOWN)}…`;
  return authentication.by === 'key' ? `key ${authentication.key}` : `nts, ${cookiesText(authentication.cookies)}`;
};

const cookiesText = (cookies: number): string => (cookies === 1 ? '1 cookie' : `${cookies} cookies`);

/** What the last key exchange came to, for a source with NTS. */
export const exchangeText = ({ exchange, algorithm, cookies }: Extract<Authentication, { by: 'nts' }>): string => {
  const { underWay, secondsAgo, remembered, fault, detail } = exchange;
  const last = secondsAgo === null ? 'none so far' : `${secondsAgo} s ago`;
  const outcome =
    fault === null ? `${algorithm ?? ''}${remembered ? ', of an earlier run' : ''}` : faultText(fault, detail);
  const parts = [cookiesText(cookies), `key exchange ${last}${underWay ? ', another under way' : ''}`, outcome];
  return parts.filter(Boolean).join('; ');
};

export const faultText = (fault: string, detail: string | null): string =>
  `${fault}${detail === null ? '' : ` (${detail})`}`;
