/** What Linux has for the names in its manuals, the same on all that Node has binaries for; man 2 socket, man 7 socket, ip, ipv6. */

export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_DGRAM = 2;
export const SOCK_CLOEXEC = 0x80000;

/** Levels of options and of control messages, and those that are needed by several files. */
export const SOL_SOCKET = 1;
export const SO_RCVBUF = 8;
/** Of the kernel: three struct timespec, the first by the system clock. To the kernel: for which events it is to stamp. */
export const SO_TIMESTAMPING = 37;
export const SOL_IP = 0;
export const SOL_IPV6 = 41;
/** struct in_pktinfo, in6_pktinfo. */
export const IP_PKTINFO = 8;
export const IPV6_PKTINFO = 50;
export const IPV6_RECVPKTINFO = 49;

export const MSG_DONTWAIT = 0x40;
export const MSG_ERRQUEUE = 0x2000;
export const MSG_WAITFORONE = 0x10000;

export const EINTR = 4;
export const EAGAIN = 11;
/** The device's or the socket's queue is full. */
export const ENOBUFS = 105;
