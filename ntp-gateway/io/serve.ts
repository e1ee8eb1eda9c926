/** All that `[server]` is to serve: NTP by one of the engines, keys by a thread of their own, and the secrets of both. */
import { randomBytes } from 'node:crypto';
import type { Ports } from '../ports.ts';
import { policyOf } from '../protocol/policy.ts';
import type { CookieKey, SymmetricKey } from '../protocol/server-keys.ts';
import { followIdentity, readIdentity } from './certificate.ts';
import { openCookieKeys, type RotationClocks } from './cookie-keys.ts';
import { type KeyExchangeServer, serveKeyExchanges } from './key-exchange-server.ts';
import type { NtpEngine, OpenNtpEngine } from './ntp-engine.ts';

/** @throws SetupError where an address cannot be listened on, or a file cannot be used; then nothing is served. */
export const serveWith =
  (
    openEngine: OpenNtpEngine,
    symmetric: readonly SymmetricKey[],
    stateDir: string,
    clocks: RotationClocks,
  ): Ports['serve'] =>
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
    const renewal = followIdentity(nts, identity, (renewed) => follow({ identity: renewed }));
    const { follow: followServer, ...rest } = engine;
    return {
      ...rest,
      keyExchanges: counters,
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
