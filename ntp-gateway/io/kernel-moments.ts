/** When a request of ours left and its reply came in, by the oscillator: as the kernel saw it, where it tells. */
import { after, type MonoNanos, monoNanos, nanos } from '#contract/time.ts';
import { openStampedSockets, type StampedSockets } from '#native/stamped-socket.ts';
import { NANOS, openKernelStamps, RAW } from '../protocol/kernel-stamps.ts';
import { openStampClocks } from './stamp-clocks.ts';

export type KernelMoments = Pick<StampedSockets, 'open'> & {
  /** Never later than the one datagram of this socket left; undefined where the kernel does not tell. */
  readonly departure: (fd: number) => MonoNanos | undefined;
  /** Never earlier than the datagram that was read last came in. */
  readonly arrival: (fd: number) => MonoNanos;
};

/** Undefined where there is no such thing. */
export const openKernelMoments = (): KernelMoments | undefined => {
  const sockets = openStampedSockets();
  if (!sockets) return undefined;
  const { words, readAll } = openStampClocks();
  const stamps = openKernelStamps();
  const look = (): MonoNanos => {
    readAll();
    stamps.look(words);
    const seconds = new DataView(words.buffer, words.byteOffset).getBigInt64(RAW * 4, true);
    return monoNanos(seconds * 1_000_000_000n + BigInt(words[RAW + NANOS]!));
  };
  look(); // stamps count from the first look on
  return {
    open: (isIPv6) => {
      look(); // from here to the departure is where a fast slew of the system clock has to show
      return sockets.open(isIPv6);
    },
    departure: (fd) => {
      const stamp = sockets.departure(fd);
      const now = look();
      const gone = stamp ? stamps.gone(...stamp) : -1;
      return gone < 0 ? undefined : after(now, nanos(-gone));
    },
    arrival: (fd) => {
      const stamp = sockets.arrival(fd);
      const now = look();
      return after(now, nanos(stamp ? -stamps.waited(...stamp) : 0));
    },
  };
};
