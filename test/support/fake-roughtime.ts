/** Roughtime servers in memory, in virtual time: the real answers, over a transport that does as it is told. */
import { webcrypto } from 'node:crypto';
import { ok } from '#contract/result.ts';
import { answerRequests } from '#contract/roughtime/answer.ts';
import { certify } from '#contract/roughtime/certificate.ts';
import { admitRequest, serverId } from '#contract/roughtime/request.ts';
import type { RoughtimeKey } from '#contract/roughtime/signature.ts';
import { DRAFT, VERSION_1 } from '#contract/roughtime/versions.ts';
import type { Bytes } from '#contract/web-platform.ts';
import type { RoughtimeServer, Transport } from '../../client/roughtime.ts';

/** True time, in ms after the beginning, and when that was in Unix seconds. */
export const makeWorld = () => {
  let passed = 0;
  let drawn = 0;
  return {
    beginning: 1_795_336_200,
    passedMs: (): number => passed,
    pass: (ms: number): void => {
      passed += ms;
    },
    /** Dice that never fall twice alike. */
    rand: (): Bytes => new Uint8Array(32).fill(++drawn),
  };
};
export type RoughtimeWorld = ReturnType<typeof makeWorld>;

export const makeKey = async (): Promise<RoughtimeKey> => {
  const pair = await webcrypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']);
  const { publicKey, privateKey } = pair as webcrypto.CryptoKeyPair;
  return { publicKey: new Uint8Array(await webcrypto.subtle.exportKey('raw', publicKey)), privateKey };
};

type Ways = {
  /** How far its clock is ahead as it answers for the n-th time, counted from 0. */
  readonly aheadS?: (n: number) => number;
  readonly radius?: number;
  /** On the way there and back. */
  readonly delaysMs?: readonly [there: number, back: number];
  /** What comes of its response on the way. */
  readonly meddle?: (response: Bytes, n: number) => ReturnType<Transport>;
  /** The key that the client has of it. */
  readonly pinned?: Bytes;
};

export const fakeServer = async (
  world: RoughtimeWorld,
  name: string,
  { aheadS = () => 0, radius = 3, delaysMs = [10, 10], meddle = async (response) => ok(response), pinned }: Ways = {},
): Promise<RoughtimeServer> => {
  const [longTerm, online] = [await makeKey(), await makeKey()];
  const week = 7n * 86_400n;
  const now = BigInt(world.beginning);
  const delegation = { publicKey: online.publicKey, from: now - week, until: now + week };
  const certificates = {
    [VERSION_1]: await certify(delegation, VERSION_1, longTerm.privateKey),
    [DRAFT]: await certify(delegation, DRAFT, longTerm.privateKey),
  };
  let asked = 0;
  return {
    name,
    publicKey: pinned ?? longTerm.publicKey,
    exchange: async (packet) => {
      const n = asked++;
      world.pass(delaysMs[0]);
      const request = admitRequest(packet, await serverId(pinned ?? longTerm.publicKey));
      if (!request.ok) throw new Error(request.reason);
      const midpoint = BigInt(Math.round(world.beginning + world.passedMs() / 1_000 + aheadS(n)));
      const key = { privateKey: online.privateKey, certificates };
      const [response] = await answerRequests([request.value], { midpoint, radius }, key);
      world.pass(delaysMs[1]);
      return meddle(response!, n);
    },
  };
};
