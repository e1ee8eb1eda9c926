/** Who is compared: our gateway and chronyd, both serving this host's clock to the same clients under the same limits. */
import type { TomlTable } from 'smol-toml';
import { askNtp } from '../../support/ask-ntp.ts';
import { startChronyd } from '../../support/chronyd.ts';
import { freeUdpPort } from '../../support/free-port.ts';
import { type GatewayOptions, startGateway } from '../../support/gateway.ts';
import { waitFor } from '../../support/wait-for.ts';
import { CLIENTS_V6 } from '../own-network.ts';

export type Contestant = {
  readonly port: number;
  readonly pid: number;
  [Symbol.asyncDispose](): Promise<void>;
};

const ALLOWED = ['127.0.0.0/8', '::1/128', CLIENTS_V6];
/** 64 requests a second from each client, and 255 at once: nobody who is measured goes beyond, and all are counted. */
const [INTERVAL, INTERVAL_LOG2, BURST] = ['15.625ms', -6, 255];

export type OursOptions = Pick<GatewayOptions, 'keys' | 'start'> & {
  /** How many answer. */
  readonly threads?: number;
  /** More of `[server]`. */
  readonly server?: TomlTable;
};

export const startOurs = async ({ threads = 1, server, ...options }: OursOptions = {}): Promise<Contestant> => {
  const port = await freeUdpPort();
  const gateway = await startGateway({
    ntpPort: port,
    local: { stratum: 3, uncertainty: '1ms' },
    server: {
      listen: [`127.0.0.1:${port}`, `[::1]:${port}`],
      threads,
      allow: ALLOWED,
      rate_limit: { interval: INTERVAL, burst: BURST },
      ...server,
    },
    ...options,
  });
  // Sources that it has not got are given a while to answer first.
  await waitFor('a gateway that tells the time', async () => ((await askNtp(port))?.[1] ?? 0) > 0, 30_000).catch(
    async (error: Error) => {
      await gateway.stop();
      throw error;
    },
  );
  return { port, pid: gateway.child.pid, [Symbol.asyncDispose]: gateway.stop };
};

/** Lines of chrony.conf. */
export const THEIR_LIMITS: readonly string[] = [
  'bindaddress ::1',
  ...ALLOWED.map((prefix) => `allow ${prefix}`),
  `ratelimit interval ${INTERVAL_LOG2} burst ${BURST}`,
  // Else it forgets clients for lack of room.
  'clientloglimit 67108864',
];

export const startTheirs = async (): Promise<Contestant> => {
  const { port, child, stop } = await startChronyd({ config: THEIR_LIMITS });
  return { port, pid: child.pid, [Symbol.asyncDispose]: stop };
};
