/** The real world behind the gateway's ports. */
import { randomBytes } from 'node:crypto';
import type { OwnServer } from '#contract/edge-certificates.ts';
import { RELEASED } from '#contract/released.ts';
import { openVerifyChain } from '#native/certificate-chain.ts';
import { openCryptography } from '#native/cryptography.ts';
import type { Config } from '../config.ts';
import type { Ports } from '../ports.ts';
import { openAuthentication } from './authentication.ts';
import { authoritiesIn } from './authorities.ts';
import type { Clocks } from './clocks.ts';
import { askEdgesWith, askSignedWith } from './edge-answers.ts';
import { connectTo } from './edge-connection.ts';
import { edgeTls } from './edge-tls.ts';
import { epochPath, keepEpoch } from './epoch.ts';
import { openFloors } from './floors.ts';
import { post } from './https.ts';
import { keeping } from './keeping.ts';
import { openKernelMoments } from './kernel-moments.ts';
import type { GatewayKey } from './keys.ts';
import { followLeapFile } from './leap-file.ts';
import { log } from './log.ts';
import { resolve } from './names.ts';
import type { OpenNtpEngine } from './ntp-engine.ts';
import { readBootId, writeOscillator } from './oscillator.ts';
import { random } from './random.ts';
import { openReferenceClock } from './reference-clocks.ts';
import { serveWith, withPulls, withRoughtime } from './serve.ts';
import { canServeOnLinux, serveOnLinux } from './server-linux.ts';
import { servePortably } from './server-portable.ts';
import { signWith } from './signing.ts';
import { readSymmetricKeys } from './symmetric-keys.ts';
import { timerOn } from './timer.ts';
import { askOver } from './udp.ts';
import { keepViolation } from './violations.ts';

/** @throws SetupError where a file of secrets or of authorities is missing or bad. */
export const makePorts = (
  { mono, wall, slept, isRaw }: Clocks,
  { id, stateDir, leapFile, sources, publish, keys = [] }: Config,
  key: GatewayKey,
  ownRoughtime: OwnServer | undefined,
): Ports => {
  const verifyChain = openVerifyChain();
  const symmetric = readSymmetricKeys(keys);
  // They are read again for each key exchange; at the start somebody reads what is wrong with them.
  for (const { nts } of sources) if (nts?.ca !== undefined) authoritiesIn(nts.ca);
  const timer = timerOn(mono);
  const authentication = openAuthentication({
    ask: askOver(mono, isRaw ? openKernelMoments() : undefined),
    wall,
    resolve,
    log,
    keys: symmetric,
    stateDir,
    openCryptography,
    ...(verifyChain && { verifyChain }),
    chance: randomBytes,
  });
  const floors = openFloors(stateDir);
  const edges = publish.filter(({ pullUrl }) => pullUrl !== undefined).map(({ origin }) => origin);
  const us = { gateway: id, key, edges };
  const connect = (origin: string) =>
    connectTo(origin, mono, edgeTls(origin, { log, ...(verifyChain && { verifyChain }) }));
  const checkEdge = askSignedWith({ floors: { of: () => RELEASED }, connect }); // our own clock judges what is said
  return {
    ...authentication,
    askEdge: askEdgesWith({ floors, connect }),
    checkEdge: (name, nonce) => checkEdge({ name, gatewayKey: key.id }, nonce),
    keepViolation: (violation) => keepViolation(stateDir, { id, keyId: key.id, x: key.x }, violation),
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
    serve: (server, ...lines) => {
      const serveNtp = serveWith(openEngine(isRaw, mono), symmetric, stateDir, { mono, wall, timer });
      return withPulls(withRoughtime(serveNtp, stateDir), us)(server, ...lines);
    },
    resolve,
    openReferenceClock,
    sign: signWith(key, ownRoughtime),
    post,
    ...(leapFile !== undefined && { leapFile: followLeapFile(leapFile) }),
    // Time goes on without it: an edge that has seen this epoch tells the next start to go above.
    keepEpoch: (epoch) => void keeping.keep(epochPath(stateDir), () => keepEpoch(stateDir, epoch)),
    keepOscillator: (oscillator) => {
      // One that a time daemon slews is not the same from one run to the next.
      if (isRaw) writeOscillator(stateDir, readBootId(), oscillator);
    },
    log,
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
