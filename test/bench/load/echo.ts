/** `node echo.ts PORT`: the least that can pass for an NTP server, to see what a load could do. */
import { allocateMessages, HEADER_WORDS, IOVEC_LENGTH, IOVEC_WORDS, LENGTH } from '#native/message-block.ts';
import { AF_INET, MSG_WAITFORONE } from '#native/socket-numbers.ts';
import { openUdpSocket, socketAddress } from '#native/udp-calls.ts';

const COUNT = 64;
const SIZE = 48;
const [ORIGIN, TRANSMIT] = [24, 40];

const [port = ''] = process.argv.slice(2);
const socket = openUdpSocket(AF_INET);
socket.bind(socketAddress(Uint8Array.of(127, 0, 0, 1), Number(port)));
socket.setPatience(100);
const { pointer, headers, iovecs, payloads } = allocateMessages(COUNT, { payload: SIZE, name: 16 });
for (;;) {
  const many = socket.receive(pointer, COUNT, MSG_WAITFORONE);
  for (let i = 0; i < many; i++) {
    iovecs[i * IOVEC_WORDS + IOVEC_LENGTH] = headers[i * HEADER_WORDS + LENGTH]!;
    payloads.setUint16(i * SIZE, 0x2401); // RFC 5905 §7.3: version 4, mode 4, stratum 1
    payloads.setBigUint64(i * SIZE + ORIGIN, payloads.getBigUint64(i * SIZE + TRANSMIT));
  }
  socket.send(pointer, many, 0);
  for (let i = 0; i < many; i++) iovecs[i * IOVEC_WORDS + IOVEC_LENGTH] = SIZE;
}
