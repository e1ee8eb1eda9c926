/** One datagram to a Unix socket, through libc: what drivers of reference clocks do, and Node cannot. Linux alone. */
import koffi from 'koffi';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** @throws where it is not taken, with errno. */
export const sendUnix = (path: string, datagram: Uint8Array): void => {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const sendto = libc.func('intptr_t sendto(int fd, void *data, size_t size, int flags, void *to, uint32_t length)');
  const close = libc.func('int close(int fd)');
  const address = Buffer.alloc(110);
  address.writeUInt16LE(AF_UNIX);
  address.write(path, 2);
  const fd: number = socket(AF_UNIX, SOCK_DGRAM, 0);
  const sent = Number(sendto(fd, datagram, datagram.length, MSG_DONTWAIT, address, address.length));
  const errno = koffi.errno();
  close(fd);
  if (sent < 0) throw new Error(`sendto ${path}: errno ${errno}`);
};
