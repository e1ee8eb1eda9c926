/** A host of the LAN in a simulated world. */
import { decodePacket, type NtpPacket } from '../../ntp-gateway/wire/ntp-packet.ts';
import type { World } from './world.ts';

/** Version 4, mode 3, all else zero but the transmit timestamp. */
const REQUEST = Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0x23 : i >= 40 ? 0x77 : 0));

/** What it is told now. @throws Error where no reply comes, or none that can be read. */
export const servedBy = (world: World): NtpPacket => {
  const reply = decodePacket(world.ask(REQUEST)!);
  if (!reply.ok) throw new Error(reply.reason);
  return reply.value;
};
