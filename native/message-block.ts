/**
 * Memory for `recvmmsg` and `sendmmsg`: one native block, laid out once, which lives as long as the process. Nothing is
 * allocated for a datagram then. man 2 recvmmsg, man 3 cmsg; a 64-bit Linux, little-endian as all that Node runs on.
 */
import koffi from 'koffi';

export type MessageBlock = {
  /** Of the first struct mmsghdr, for libc; the next is `HEADER_SIZE` on. */
  readonly pointer: bigint;
  /** The struct mmsghdr's, `HEADER_WORDS` each. */
  readonly headers: Int32Array;
  /** The struct iovec's, `IOVEC_WORDS` each: one to a message. */
  readonly iovecs: Int32Array;
  /** The datagrams, the addresses and the control messages: as many octets to each message as were asked for. */
  readonly payloads: DataView<ArrayBuffer>;
  readonly names: DataView<ArrayBuffer>;
  readonly controls: DataView<ArrayBuffer>;
};

export type MessageSizes = {
  /** Of a datagram. */
  readonly payload: number;
  /** Of an address and of the control messages, multiples of 8; 0: of no interest. */
  readonly name?: number;
  readonly control?: number;
};

export const HEADER_SIZE = 64;
/** In 32-bit words, as `headers` and `iovecs` have them. The kernel overwrites the first two with what it filled. */
export const HEADER_WORDS = HEADER_SIZE / 4;
export const NAME_LENGTH = 2;
export const CONTROL_LENGTH = 10;
/** Of the datagram that was received or sent, as far as it fitted. */
export const LENGTH = 14;
export const IOVEC_WORDS = 4;
/** Of the room for a datagram, or of the one to be sent. */
export const IOVEC_LENGTH = 2;

/** Pointers in 64-bit words. */
const [NAME, IOVEC, IOVECS, CONTROL] = [0, 2, 3, 4];

export const allocateMessages = (count: number, { payload, name = 0, control = 0 }: MessageSizes): MessageBlock => {
  const iovecsAt = count * HEADER_SIZE;
  const namesAt = iovecsAt + count * IOVEC_WORDS * 4;
  const controlsAt = namesAt + count * name;
  const payloadsAt = controlsAt + count * control;
  const size = payloadsAt + count * payload;
  const pointer: bigint = koffi.alloc('uint8_t', size);
  const memory = koffi.view(pointer, size);
  new Uint8Array(memory).fill(0);
  const addressOf = (at: number): bigint => pointer + BigInt(at);
  const words = new BigUint64Array(memory, 0, namesAt / 8);
  const headers = new Int32Array(memory, 0, count * HEADER_WORDS);
  for (let i = 0; i < count; i++) {
    const header = (i * HEADER_SIZE) / 8;
    const iovec = iovecsAt / 8 + (i * IOVEC_WORDS) / 2;
    if (name > 0) words[header + NAME] = addressOf(namesAt + i * name);
    words[header + IOVEC] = addressOf(iovec * 8);
    words[header + IOVECS] = 1n;
    if (control > 0) words[header + CONTROL] = addressOf(controlsAt + i * control);
    words[iovec] = addressOf(payloadsAt + i * payload);
    words[iovec + 1] = BigInt(payload);
    headers[i * HEADER_WORDS + NAME_LENGTH] = name;
    headers[i * HEADER_WORDS + CONTROL_LENGTH] = control;
  }
  return {
    pointer,
    headers,
    iovecs: new Int32Array(memory, iovecsAt, count * IOVEC_WORDS),
    payloads: new DataView(memory, payloadsAt, count * payload),
    names: new DataView(memory, namesAt, count * name),
    controls: new DataView(memory, controlsAt, count * control),
  };
};
