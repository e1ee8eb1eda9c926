/**
 * What seals, opens and digests for NTS and for symmetric keys: the fastest engine that this machine has, and for each
 * algorithm that it lacks the next one. ntp-gateway/protocol/cryptography.ts says what the functions are to do.
 */
import {
  AEAD_KEY_SIZE,
  AES_128_GCM_SIV,
  AES_SIV_CMAC_256,
  type AeadAlgorithm,
  CMAC_KEY_SIZE,
  DIGEST_SIZE,
  type Engine,
  isCmac,
  type Mac,
  type MacAlgorithm,
  type Operation,
  TAG_SIZE,
} from './cryptography/engine.ts';
import { loadNettle } from './cryptography/nettle.ts';
import { loadOpenssl } from './cryptography/openssl.ts';
import { portable } from './cryptography/portable.ts';

/** RFC 8452 §4. SIV takes nonces of any length but none. */
const GCM_SIV_NONCE_SIZE = 12;

/** @param engines - the best one first. One that has all algorithms is among them: the portable one, at the least. */
export const cryptographyOf = (engines: readonly Engine[]) => (size: number, contexts: number, macContexts: number) => {
  const first = <T>(open: (engine: Engine) => T | undefined): T => {
    for (const engine of engines) {
      const opened = open(engine);
      if (opened !== undefined) return opened;
    }
    throw new RangeError(`none of ${engines.map(({ name }) => name)} has it`);
  };
  const [best] = engines as [Engine];
  const block = best.allocate(Math.ceil(size / 4) * 4);
  const { octets } = block;
  const aeads = {
    [AES_SIV_CMAC_256]: first((engine) => engine.openAead(AES_SIV_CMAC_256, block, contexts)),
    [AES_128_GCM_SIV]: first((engine) => engine.openAead(AES_128_GCM_SIV, block, contexts)),
  };
  const algorithms = new Array<AeadAlgorithm | undefined>(contexts).fill(undefined);
  const macs: (Mac | undefined)[] = new Array(macContexts).fill(undefined);
  const digestSizes = new Array<number>(macContexts).fill(0);

  /** Native code writes wherever it is told to: a mistake of ours is to end here. */
  const claim = (at: number, length: number): void => {
    // As it stands, and not the other way round: a NaN is to fail.
    if (at % 4 === 0 && at >= 0 && length >= 0 && at + length <= octets.length) return;
    throw new RangeError(`${length} octets at ${at} are not all in the block, or not at a whole word`);
  };
  const requireContext = (context: number, count: number): void => {
    if (context < 0 || context >= count) throw new RangeError(`context ${context} of ${count}`);
  };
  const keyed = (context: number) => {
    const algorithm = algorithms[context];
    if (algorithm === undefined) throw new RangeError(`context ${context} has no key`);
    return aeads[algorithm];
  };
  const knowsNonce = (context: number, length: number): boolean =>
    algorithms[context] === AES_SIV_CMAC_256 ? length > 0 : length === GCM_SIV_NONCE_SIZE;

  const seal: Operation<void> = (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) => {
    claim(nonceAt, nonceLength);
    claim(associatedAt, associatedLength);
    claim(at, length);
    claim(to, length + TAG_SIZE);
    const aead = keyed(context);
    if (!knowsNonce(context, nonceLength)) throw new RangeError(`a nonce of ${nonceLength} octets`);
    aead.seal(context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to);
  };
  const open: Operation<boolean> = (context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to) => {
    claim(nonceAt, nonceLength);
    claim(associatedAt, associatedLength);
    claim(at, length);
    const aead = keyed(context);
    // nettle would end the process over a nonce that it does not know
    if (length < TAG_SIZE || !knowsNonce(context, nonceLength)) return false;
    claim(to, length - TAG_SIZE);
    return aead.open(context, nonceAt, nonceLength, associatedAt, associatedLength, at, length, to);
  };

  return {
    engine: best.name,
    memory: new DataView(octets.buffer),
    octets,
    setKey: (context: number, algorithm: AeadAlgorithm, keyAt: number): void => {
      claim(keyAt, AEAD_KEY_SIZE[algorithm]);
      requireContext(context, contexts);
      algorithms[context] = algorithm;
      aeads[algorithm].setKey(context, keyAt);
    },
    seal,
    open,
    setSecret: (context: number, algorithm: MacAlgorithm, secret: Uint8Array): void => {
      requireContext(context, macContexts);
      if (isCmac(algorithm) && secret.length !== CMAC_KEY_SIZE[algorithm])
        throw new RangeError(`${algorithm} with a key of ${secret.length} octets`);
      const mac = first((engine) => engine.openMac(algorithm, block, secret));
      macs[context]?.free();
      macs[context] = mac;
      digestSizes[context] = DIGEST_SIZE[algorithm];
    },
    digest: (context: number, at: number, length: number, to: number): number => {
      const size = digestSizes[context]!;
      claim(at, length);
      claim(to, size);
      macs[context]!.digest(at, length, to);
      return size;
    },
    free: (): void => {
      for (const { free } of Object.values(aeads)) free();
      for (const mac of macs) mac?.free();
      macs.fill(undefined);
    },
  };
};

const nettle = loadNettle();
const openssl = loadOpenssl();
/** The best that this machine has. */
export const openCryptography = cryptographyOf([nettle, openssl, portable].filter((engine) => engine !== undefined));
