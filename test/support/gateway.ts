/** The gateway as its users run it: a process of its own, from its own main.ts. */
import { join } from 'node:path';
import { expect } from 'vitest';
import { askControl } from '../../ntp-gateway/io/control.ts';
import { loadOrCreateKey } from '../../ntp-gateway/io/keys.ts';
import type { Clients } from '../../ntp-gateway/status/clients.ts';
import type { Sources } from '../../ntp-gateway/status/sources.ts';
import type { Status } from '../../ntp-gateway/status/status.ts';
import { type Child, type Ran, runChild, startChild } from './child.ts';
import { freeUdpPort } from './free-port.ts';
import { type GatewayConfig, writeConfig } from './gateway-config.ts';
import { NODE, ROOT } from './root.ts';
import { makeTempDir } from './temp-dir.ts';
import { waitFor } from './wait-for.ts';

const MAIN = join(ROOT, 'ntp-gateway/main.ts');

export type GatewayProcess = {
  readonly ntpPort: number;
  readonly stateDir: string;
  readonly child: Child;
  status(): Promise<Status>;
  sources(): Promise<Sources>;
  clients(): Promise<Clients>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

export type GatewayOptions = GatewayConfig & {
  readonly stateDir?: string;
  readonly ntpPort?: number;
  /** A file for `--record`. */
  readonly record?: string;
  /** How the process is started: `startWithoutRoute`, say. */
  readonly start?: typeof startChild;
};

/** A state directory with the key of a gateway that has not run yet, so that an edge can be told to trust it. */
export const makeGatewayState = async (): Promise<{ readonly stateDir: string; readonly x: string }> => {
  const stateDir = makeTempDir();
  return { stateDir, x: (await loadOrCreateKey(stateDir)).x };
};

/** Does not wait until it serves. */
export const spawnGateway = async (options: GatewayOptions): Promise<Child> => {
  const { stateDir = makeTempDir(), ntpPort = await freeUdpPort(), start = startChild } = options;
  const config = writeConfig(options, stateDir, ntpPort);
  const recorded = options.record === undefined ? [] : ['--record', options.record];
  return start(NODE, [MAIN, 'run', '--config', config, ...recorded]);
};

/** Resolves once it serves; whether it is synchronized by then is for the caller to await. */
export const startGateway = async (options: GatewayOptions): Promise<GatewayProcess> => {
  const { stateDir = makeTempDir(), ntpPort = await freeUdpPort() } = options;
  const child = await spawnGateway({ ...options, stateDir, ntpPort });
  let hasEnded = false;
  void child.ended.then(() => {
    hasEnded = true;
  });
  const isServing = (): boolean => {
    if (hasEnded) throw new Error('the gateway has ended');
    return child.said.stderr.includes(' runs, key ');
  };
  await waitFor('a gateway', isServing).catch(async (error: Error) => {
    await child.stop();
    throw new Error(`${error.message}\n${child.said.stderr}`);
  });
  const ask = async <Page>(page: string): Promise<Page> => {
    const answer = await askControl(stateDir, page);
    if (answer === undefined) throw new Error(`the gateway does not answer:\n${child.said.stderr}`);
    return answer as Page;
  };
  return {
    ntpPort,
    stateDir,
    child,
    status: () => ask<Status>('/status'),
    sources: () => ask<Sources>('/sources'),
    clients: () => ask<Clients>('/clients'),
    stop: child.stop,
    [Symbol.asyncDispose]: child.stop,
  };
};

export const untilSynchronized = (gateway: GatewayProcess): Promise<Status> =>
  waitFor('a synchronized gateway', async () => {
    const status = await gateway.status();
    return status.synchronized && status;
  });

/** What it tells is certain to within a second, and holds true time: this host's + `seconds`, however long it took to answer. */
export const expectShiftOf = async (gateway: GatewayProcess, seconds: number): Promise<void> => {
  await untilWithin(gateway, 1_000);
  const before = Date.now();
  const { clock } = await gateway.status();
  const after = Date.now();
  const told = Date.parse(clock!.time) - 1e3 * seconds; // in whole ms, as the host's readings are
  expect(told - clock!.earlierMs).toBeLessThanOrEqual(after + 1);
  expect(told + clock!.laterMs).toBeGreaterThanOrEqual(before - 1);
};

/** What it says of a server that it asks: by its place in the configuration. */
export const sourceOf = async (gateway: GatewayProcess, place = 0) => {
  const source = (await gateway.sources())[place];
  if (!source || !('authentication' in source)) throw new Error(`no source ${place}`);
  const { authentication } = source;
  return { ...source, nts: authentication.by === 'nts' ? authentication : undefined };
};
export const countersOf = async (gateway: GatewayProcess, place = 0): Promise<Counters> =>
  (await sourceOf(gateway, place)).counters;
export type Counters = Readonly<Record<string, number>>;

/** @returns its counters once it has measured a server so many times more. */
export const untilMeasured = async (
  gateway: GatewayProcess,
  more = 4,
  { place = 0 }: { readonly place?: number } = {},
): Promise<Counters> => {
  const { measured: before = 0 } = await countersOf(gateway, place);
  return waitFor(`${more} measurements more`, async () => {
    const counters = await countersOf(gateway, place);
    return (counters.measured ?? 0) >= before + more && counters;
  }).catch(async (error: Error) => {
    throw new Error(`${error.message}\n${JSON.stringify(await gateway.sources())}\n${gateway.child.said.stderr}`);
  });
};

/** The first exchange is slow too, and leaves some ms in doubt: until the gateway itself says that it is within so many. */
export const untilWithin = (gateway: GatewayProcess, uncertaintyMs: number): Promise<Status> =>
  waitFor(`a gateway that knows the time within ${uncertaintyMs} ms`, async () => {
    const status = await gateway.status();
    return status.synchronized && status.clock!.uncertaintyMs < uncertaintyMs && status;
  });

/** The first exchanges with an edge are slow, while all that it runs is still being compiled. */
export const untilPublished = (gateway: GatewayProcess, leastSamples = 3): Promise<Status> =>
  waitFor(`${leastSamples} samples at each edge`, async () => {
    const status = await gateway.status();
    return status.publish.every(({ samples, outcome }) => samples >= leastSamples && outcome === 'ok') && status;
  });

/** A command of noonmark-gateway that ends by itself. */
export const runGateway = (...args: readonly string[]): Promise<Ran> => runChild(NODE, [MAIN, ...args]);
