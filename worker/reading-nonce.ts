/** The nonce of a reading that an edge gave: a keyed hash, so that nothing has to be remembered to know it again. */
import { type EdgeReading, readingText } from '#contract/edge-reading.ts';
import { type Bytes, base64url, fromBase64url, utf8 } from '#contract/web-platform.ts';

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;

const importSecret = (secret: Bytes): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', secret, HMAC, false, ['sign', 'verify']);

export const withNonce = async (reading: Omit<EdgeReading, 'nonce'>, secret: Bytes): Promise<EdgeReading> => {
  const mac = await crypto.subtle.sign(HMAC, await importSecret(secret), utf8(readingText(reading)));
  return { ...reading, nonce: base64url(new Uint8Array(mac)) };
};

/** Those that this edge did give: whoever holds a gateway's key still cannot make up a reading of our clocks. */
export const onlyGiven = async <Given extends EdgeReading>(
  readings: readonly Given[],
  secret: Bytes,
): Promise<readonly Given[]> => {
  const key = await importSecret(secret);
  const isOurs = await Promise.all(
    readings.map((reading) =>
      crypto.subtle.verify(HMAC, key, fromBase64url(reading.nonce) ?? new Uint8Array(), utf8(readingText(reading))),
    ),
  );
  return readings.filter((_reading, index) => isOurs[index]);
};
