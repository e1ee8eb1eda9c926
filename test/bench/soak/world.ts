/** All that runs for half an hour: three chronyds, a gateway with two threads, an edge, each of which may be taken away. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { startChild } from '../../support/child.ts';
import { type Chronyd, startChronyd } from '../../support/chronyd.ts';
import { startTestEdge, type TestEdge } from '../../support/edge.ts';
import { freeTcpPort, freeUdpPort } from '../../support/free-port.ts';
import { type GatewayProcess, makeGatewayState, startGateway } from '../../support/gateway.ts';
import { NODE, ROOT } from '../../support/root.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

export type Upstream = { stop(): Promise<void>; start(): Promise<void> };

export type World = {
  readonly gateway: GatewayProcess;
  /** Where it is configured. */
  readonly config: string;
  readonly upstreams: readonly Upstream[];
  readonly edge: Upstream & { readonly url: string };
  /** Its own pages and metrics. */
  readonly pages: string;
  [Symbol.asyncDispose](): Promise<void>;
};

const UPSTREAMS = 3;

/** The package, as its unit starts it. */
const startPackage: typeof startChild = (node, [, ...args] = []) => {
  const env = { NODE_OPTIONS: '--max-semi-space-size=1' };
  return startChild(node, [join(ROOT, 'dist/noonmark-gateway.js'), ...args], { env });
};

const startUpstream = async (port: number): Promise<Upstream> => {
  let chronyd: Chronyd | undefined = await startChronyd({ port });
  return {
    stop: async () => {
      await chronyd?.stop();
      chronyd = undefined;
    },
    start: async () => {
      chronyd ??= await startChronyd({ port });
    },
  };
};

const startEdge = async (x: string): Promise<World['edge']> => {
  const [port, stateDir] = [await freeTcpPort(), makeTempDir()];
  let edge: TestEdge | undefined = await startTestEdge(x, { port, stateDir });
  return {
    url: edge.url,
    stop: async () => {
      await edge?.stop();
      edge = undefined;
    },
    start: async () => {
      edge ??= await startTestEdge(x, { port, stateDir });
    },
  };
};

/** Disposed of, it ends them all. */
export const startWorld = async (): Promise<World> => {
  execFileSync(NODE, [join(ROOT, 'pack.ts')], { stdio: 'inherit' });
  await using started = new AsyncDisposableStack();
  const keep = <Running extends { stop(): Promise<void> }>(running: Running): Running =>
    started.adopt(running, ({ stop }) => stop());
  const ports: number[] = [];
  const upstreams: Upstream[] = [];
  while (ports.length < UPSTREAMS) {
    const port = await freeUdpPort();
    ports.push(port);
    upstreams.push(keep(await startUpstream(port)));
  }
  const { stateDir, x } = await makeGatewayState();
  const edge = keep(await startEdge(x));
  const status = `127.0.0.1:${await freeTcpPort()}`;
  const gateway = keep(
    await startGateway({
      stateDir,
      sources: ports.map((port) => ({ port, minPoll: 0, maxPoll: 2 })),
      server: { threads: 2, rate_limit: { interval: '15.625ms', burst: 255 } },
      publish: [edge.url],
      publishInterval: '4s',
      status,
      start: startPackage,
    }),
  );
  const all = started.move();
  return {
    gateway,
    config: `${stateDir}/noonmark.toml`,
    upstreams,
    edge,
    pages: `http://${status}`,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
};
