/** All that `[server]` is to serve: NTP by one of the engines, keys, Roughtime and edges by threads of their own, and the secrets of all. */
import { randomBytes } from 'node:crypto';
import type { ServerConfig } from '../config.ts';
import type { NtpServer, Ports } from '../ports.ts';
import { policyOf } from '../protocol/policy.ts';
import type { CookieKey, SymmetricKey } from '../protocol/server-keys.ts';
import { followIdentity, readIdentity, validUntilOf } from './certificate.ts';
import { openCookieKeys, type RotationClocks } from './cookie-keys.ts';
import { type KeyExchangeServer, serveKeyExchanges } from './key-exchange-server.ts';
import { loadOrCreateRoughtimeKey } from './keys.ts';
import type { NtpEngine, OpenNtpEngine } from './ntp-engine.ts';
import type { PullContext } from './pull-answers.ts';
import { servePulls } from './pull-server.ts';
import { serveRoughtime } from './roughtime-server.ts';

type ServeNtp = (server: ServerConfig, lines: SharedArrayBuffer) => Promise<NtpServer>;

/** @throws SetupError where an address cannot be listened on, or a file cannot be used; then nothing is served. */
export const serveWith =
  (openEngine: OpenNtpEngine, symmetric: readonly SymmetricKey[], stateDir: string, clocks: RotationClocks): ServeNtp =>
  async (server, lines) => {
    const { nts } = server;
    const [ntp] = server.listen;
    if (!nts || !ntp) return openEngine(server, lines, { symmetric, cookies: [] });

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
      const first = { identity, policy: policyOf(server), cookieKey: cookies[0]! };
      exchanges = await serveKeyExchanges({ listen: nts.listen, port: ntp.port, ...first });
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
        followServer(next);
        follow({ policy: policyOf(next) });
        renewal.look();
      },
      close: () => {
        renewal.close();
        close();
      },
    };
  };

/** The same, and Roughtime where it is to be served. */
export const withRoughtime =
  (serveNtp: ServeNtp, stateDir: string): Ports['serve'] =>
  async (server, lines, utcLines) => {
    const ntp = await serveNtp(server, lines);
    if (!server.roughtime) return ntp;
    try {
      const longTerm = await loadOrCreateRoughtimeKey(stateDir);
      const roughtime = await serveRoughtime(server.roughtime.listen, policyOf(server), longTerm, utcLines);
      return {
        ...ntp,
        roughtime: roughtime.counters,
        follow: (next) => {
          ntp.follow(next);
          roughtime.follow({ policy: policyOf(next) });
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
  (serve: Ports['serve'], us: Pick<PullContext, 'gateway' | 'key' | 'edges'>): Ports['serve'] =>
  async (server, lines, utcLines) => {
    const others = await serve(server, lines, utcLines);
    if (!server.pull) return others;
    try {
      const pulls = await servePulls(server.pull.listen, { ...us, lines: utcLines });
      return {
        ...others,
        pulls: pulls.counters,
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
