/** Whether a faked server is ahead of this host by exactly as much as it was told to be. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { openClocks } from '../../ntp-gateway/io/clocks.ts';

const LOOKS = 20;
const REQUEST = Buffer.alloc(48);
REQUEST[0] = 0x23; // RFC 5905 §7.3: version 4, mode 3
/** From 1900 to 1970. */
const NTP_EPOCH_NS = 2_208_988_800n * 1_000_000_000n;

/** In ns since 1970. */
const readStamp = (reply: Buffer, place: number): bigint =>
  ((reply.readBigUInt64BE(place) * 1_000_000_000n) >> 32n) - NTP_EPOCH_NS;

/** What a stamp's lowest bits are filled up with, and part of a ns. */
const STAMP = 1_000n;

/** @returns false where one of some exchanges shows another shift: it would have to have taken less than no time. */
export const isShiftedBy = async (port: number, shiftSeconds: number): Promise<boolean> => {
  const { wall } = openClocks();
  const shift = BigInt(Math.round(shiftSeconds * 1e9));
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const signal = AbortSignal.timeout(5_000);
  try {
    for (let look = 0; look < LOOKS; look++) {
      const sent = wall() + shift - STAMP;
      socket.send(REQUEST);
      const [reply] = (await once(socket, 'message', { signal })) as [Buffer];
      const received = wall() + shift + STAMP;
      if (readStamp(reply, 32) < sent || readStamp(reply, 40) > received) return false;
    }
  } catch {
    // no answer: that is for the test itself to find
  } finally {
    socket.close();
  }
  return true;
};
