/** The real world behind the gateway's ports. */
import { randomBytes } from 'node:crypto';
import { RELEASED } from '#contract/released.ts';
import { ok } from '#contract/result.ts';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import { openVerifyChain } from '#native/certificate-chain.ts';
import { openCryptography } from '#native/cryptography.ts';
import type { Config } from '../config.ts';
import type { Ports } from '../ports.ts';
import { openAuthentication } from './authentication.ts';
import type { Clocks } from './clocks.ts';
import { askEdgesWith, checkEdgesWith } from './edge-answers.ts';
import { connectTo } from './edge-connection.ts';
import { edgeTls } from './edge-tls.ts';
import { epochPath, keepEpoch } from './epoch.ts';
import { openFloors } from './floors.ts';
import type { FollowedKey } from './followed-key.ts';
import { post } from './https.ts';
import { keeping } from './keeping.ts';
import { openKernelMoments } from './kernel-moments.ts';
import { roughtimeKeyOf } from './keys.ts';
import { followLeapFile } from './leap-file.ts';
import { log } from './log.ts';
import { readNamedFiles } from './named-files.ts';
import { resolve } from './names.ts';
import type { OpenNtpEngine } from './ntp-engine.ts';
import { readBootId, writeOscillator } from './oscillator.ts';
import { random } from './random.ts';
import { openReferenceClock } from './reference-clocks.ts';
import { type Serving, serveWith, withPulls, withRoughtime } from './serve.ts';
import { canServeOnLinux, serveOnLinux } from './server-linux.ts';
import { servePortably } from './server-portable.ts';
import { ownRoughtimeServer, signWith } from './signing.ts';
import { timerOn } from './timer.ts';
import { askOver } from './udp.ts';
import { keepViolation } from './violations.ts';

/** @throws SetupError where a file of secrets or of authorities is missing or bad. */
export const makePorts = async (
  { mono, wall, slept, isRaw }: Clocks,
  config: Config,
  key: FollowedKey,
): Promise<Ports> => {
  const { id, stateDir } = config;
  const verifyChain = openVerifyChain();
  const bootId = readBootId(); // once: later there may be no descriptor free to read it by
  const roughtimeKey = roughtimeKeyOf(stateDir);
  let used = await readUsed(config, roughtimeKey);
  let serving: Serving | undefined;
  const timer = timerOn(mono);
  const authentication = openAuthentication({
    ask: askOver(mono, isRaw ? openKernelMoments() : undefined),
    wall,
    resolve,
    log,
    keys: used.symmetric,
    stateDir,
    openCryptography,
    ...(verifyChain && { verifyChain }),
    chance: randomBytes,
  });
  const floors = openFloors(stateDir);
  const serve = withPulls(
    withRoughtime(serveWith(openEngine(isRaw, mono), stateDir, { mono, wall, timer }), roughtimeKey),
    id,
    key,
  );
  const tlsAs = (as: 'source' | 'edge', origin: string) =>
    edgeTls(origin, { as, log, ...(verifyChain && { verifyChain }) });
  const connectAs = (as: 'source' | 'edge') => (origin: string) => connectTo(origin, mono, tlsAs(as, origin));
  const checkEdge = checkEdgesWith({ floors: { of: () => RELEASED }, connect: connectAs('edge') }); // our own clock judges what is said
  return {
    ...authentication,
    askEdge: askEdgesWith({ floors, connect: connectAs('source') }),
    checkEdge: async (name, nonce) => {
      const { id, x } = key.now();
      const outcome = await checkEdge({ name, gatewayKey: id }, nonce);
      return outcome.ok ? ok({ ...outcome.value, gatewayKey: { id, x } }) : outcome;
    },
    keepViolation: (violation) => keepViolation(stateDir, id, violation),
    raiseFloor: floors.raise,
    keepKeys: () => {
      authentication.keepKeys();
      floors.keep();
    },
    mono,
    wall,
    ...(slept && { slept }),
    random,
    timer,
    serve: async (server, ...lines) => {
      serving = await serve({ ...used, server }, ...lines);
      return serving;
    },
    resolve,
    openReferenceClock,
    sign: signWith(key.now, () => used.ownRoughtime),
    post: (origin, jws, departing, time) =>
      post(origin, jws, departing, undefined, time && ((socket) => tlsAs('edge', origin)().judge(socket, time))),
    followLeapFile: (path, heard) => followLeapFile(path)(heard),
    follow: async (next) => {
      used = await readUsed(next, roughtimeKey);
      authentication.followKeys(used.symmetric);
      serving?.follow({ ...used, server: next.server });
    },
    // Time goes on without it: an edge that has seen this epoch tells the next start to go above.
    keepEpoch: (epoch) => void keeping.keep(epochPath(stateDir), () => keepEpoch(stateDir, epoch)),
    keepOscillator: (oscillator) => {
      // One that a time daemon slews is not the same from one run to the next.
      if (isRaw) writeOscillator(stateDir, bootId, oscillator);
    },
    log,
  };
};

/** All that a configuration names and that can be missing or bad, read before anything of it is used. */
const readUsed = async (config: Config, roughtimeKey: () => Promise<RoughtimeKey>) => {
  return {
    ...readNamedFiles(config),
    edges: config.publish.filter(({ pullUrl }) => pullUrl !== undefined).map(({ origin }) => origin),
    ownRoughtime: await ownRoughtimeServer(config, roughtimeKey),
  };
};

/** The slower one is told so: on Linux it may be a setting of the operator's that keeps the faster one from running. */
const openEngine = (isRaw: boolean, mono: Clocks['mono']): OpenNtpEngine => {
  if (isRaw && canServeOnLinux()) return serveOnLinux;
  const msg =
    'answering NTP on one thread, through node:dgram: batches and kernel stamps need Linux on x64 or arm64 and glibc';
  log({ event: 'one-thread', msg });
  return servePortably(mono);
};
