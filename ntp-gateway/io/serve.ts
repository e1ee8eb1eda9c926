/** All that `[server]` is to serve: NTP by one of the engines, keys, Roughtime and edges by threads of their own, and the secrets of all. */
import { randomBytes } from 'node:crypto';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import type { ServerConfig } from '../config.ts';
import type { NtpServer } from '../ports.ts';
import { policyOf } from '../protocol/policy.ts';
import type { CookieKey, SymmetricKey } from '../protocol/server-keys.ts';
import { followIdentity, readIdentity, validUntilOf } from './certificate.ts';
import { openCookieKeys, type RotationClocks } from './cookie-keys.ts';
import type { FollowedKey } from './followed-key.ts';
import { type KeyExchangeServer, serveKeyExchanges } from './key-exchange-server.ts';
import type { NtpEngine, OpenNtpEngine } from './ntp-engine.ts';
import { servePulls } from './pull-server.ts';
import { serveRoughtime } from './roughtime-server.ts';

/** What may become another while it serves: of `[server]` who may ask and how often, and the names of files. */
export type Served = {
  readonly server: ServerConfig;
  readonly symmetric: readonly SymmetricKey[];
  /** Origins of the edges that may ask. */
  readonly edges: readonly string[];
};

/** Nothing that it follows can be refused: it has been tried before. */
export type Serving = NtpServer & { readonly follow: (next: Served) => void };

type ServeNtp = (served: Served, lines: SharedArrayBuffer) => Promise<Serving>;
type Serve = (served: Served, lines: SharedArrayBuffer, utcLines: SharedArrayBuffer) => Promise<Serving>;

/** @throws SetupError where an address cannot be listened on, or a file cannot be used; then nothing is served. */
export const serveWith =
  (openEngine: OpenNtpEngine, stateDir: string, clocks: RotationClocks): ServeNtp =>
  async ({ server, ...first }, lines) => {
    const { nts } = server;
    const [ntp] = server.listen;
    let { symmetric } = first;
    if (!nts || !ntp) return withoutNts(await openEngine(server, lines, { symmetric, cookies: [] }));

    const identity = readIdentity(nts);
    let engine: NtpEngine | undefined;
    let exchanges: KeyExchangeServer | undefined;
    const tell = (cookies: readonly CookieKey[]): void => {
      engine?.followKeys({ symmetric, cookies });
      exchanges?.follow({ cookieKey: cookies[0]! }); // which the engine has known since the last time
    };
    const cookieKeys = openCookieKeys(stateDir, clocks, randomBytes, tell);
    const close = (): void => {
      cookieKeys.close();
      exchanges?.close();
      engine?.close();
    };
    try {
      const cookies = cookieKeys.now();
      engine = await openEngine(server, lines, { symmetric, cookies });
      const changing = { identity, policy: policyOf(server), cookieKey: cookies[0]! };
      exchanges = await serveKeyExchanges({ listen: nts.listen, port: ntp.port, ...changing });
    } catch (error) {
      close();
      throw error;
    }
    tell(cookieKeys.now()); // they may have been rotated meanwhile
    const { counters, follow } = exchanges;
    let validUntil = validUntilOf(identity);
    const renewal = followIdentity(nts, identity, (renewed) => {
      validUntil = validUntilOf(renewed);
      follow({ identity: renewed });
    });
    const { follow: followServer, ...rest } = engine;
    return {
      ...rest,
      keyExchanges: counters,
      certificateValidUntil: () => validUntil,
      follow: (next) => {
        symmetric = next.symmetric;
        tell(cookieKeys.now());
        followServer(next.server);
        follow({ policy: policyOf(next.server) });
        renewal.follow(next.server.nts ?? nts);
      },
      close: () => {
        renewal.close();
        close();
      },
    };
  };

const withoutNts = ({ follow, ...engine }: NtpEngine): Serving => ({
  ...engine,
  follow: ({ server, symmetric }) => {
    follow(server);
    engine.followKeys({ symmetric, cookies: [] });
  },
});

/** The same, and Roughtime where it is to be served. */
export const withRoughtime =
  (serveNtp: ServeNtp, longTerm: () => Promise<RoughtimeKey>): Serve =>
  async (served, lines, utcLines) => {
    const { server } = served;
    const ntp = await serveNtp(served, lines);
    if (!server.roughtime) return ntp;
    try {
      const roughtime = await serveRoughtime(server.roughtime.listen, policyOf(server), await longTerm(), utcLines);
      return {
        ...ntp,
        roughtime: roughtime.counters,
        follow: (next) => {
          ntp.follow(next);
          roughtime.follow({ policy: policyOf(next.server) });
        },
        close: () => {
          roughtime.close();
          ntp.close();
        },
      };
    } catch (error) {
      ntp.close();
      throw error;
    }
  };

/** The same, and edges' questions where they are told to ask. */
export const withPulls =
  (serve: Serve, gateway: string, key: Pick<FollowedKey, 'now' | 'heed'>): Serve =>
  async (served, lines, utcLines) => {
    const others = await serve(served, lines, utcLines);
    const { server, edges } = served;
    if (!server.pull) return others;
    try {
      const pulls = await servePulls(server.pull.listen, { gateway, key: key.now(), edges, lines: utcLines });
      key.heed((next) => pulls.follow({ key: next }));
      return {
        ...others,
        pulls: pulls.counters,
        follow: (next) => {
          others.follow(next);
          pulls.follow({ edges: next.edges });
        },
        close: () => {
          pulls.close();
          others.close();
        },
      };
    } catch (error) {
      others.close();
      throw error;
    }
  };
