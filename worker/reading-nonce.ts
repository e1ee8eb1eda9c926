/** The nonce of a reading that an edge gave: a keyed hash, so that nothing has to be remembered to know it again. */
import { type EdgeReading, readingText } from '#contract/edge-reading.ts';
import { type Bytes, base64url, fromBase64url, utf8 } from '#contract/web-platform.ts';
import { hmac, hmacKey, isHmac } from './hmac.ts';

export const withNonce = async (reading: Omit<EdgeReading, 'nonce'>, secret: Bytes): Promise<EdgeReading> => {
  const mac = await hmac(await hmacKey(secret), utf8(readingText(reading)));
  return { ...reading, nonce: base64url(mac) };
};

/** Those that this edge did give: whoever holds a gateway's key still cannot make up a reading of our clocks. */
export const onlyGiven = async <Given extends EdgeReading>(
  readings: readonly Given[],
  secret: Bytes,
): Promise<readonly Given[]> => {
  const key = await hmacKey(secret);
  const isOurs = await Promise.all(
    readings.map((reading) =>
      isHmac(key, fromBase64url(reading.nonce) ?? new Uint8Array(), utf8(readingText(reading))),
    ),
  );
  return readings.filter((_reading, index) => isOurs[index]);
};
