/**
 * Which socket of those that share a port gets a packet: by who sent it. Linux alone; man 7 socket
 * (SO_ATTACH_REUSEPORT_CBPF), the kernel's documentation of socket filters.
 */
import koffi from 'koffi';
import { SOL_SOCKET } from './socket-numbers.ts';

const SO_ATTACH_REUSEPORT_CBPF = 51;

/** struct sock_filter of classic BPF: what to do, and with which constant. */
type Instruction = readonly [operation: number, constant: number];
const loadWord = (at: number): Instruction => [0x20, at]; // BPF_LD | BPF_W | BPF_ABS
const multiply = (by: number): Instruction => [0x24, by]; // BPF_ALU | BPF_MUL | BPF_K
const shiftRight = (bits: number): Instruction => [0x74, bits]; // BPF_ALU | BPF_RSH | BPF_K
const modulo = (by: number): Instruction => [0x94, by]; // BPF_ALU | BPF_MOD | BPF_K
const KEEP: Instruction = [0x07, 0]; // BPF_MISC | BPF_TAX: in X
const XOR_KEPT: Instruction = [0xac, 0]; // BPF_ALU | BPF_XOR | BPF_X
const RETURN: Instruction = [0x16, 0]; // BPF_RET | BPF_A

/** SKF_NET_OFF: from the IP header on. RFC 791 §3.1, RFC 8200 §3. */
const IP_HEADER = -0x100000;
const IPV4_SOURCE = IP_HEADER + 12;
const IPV6_SOURCE = IP_HEADER + 8;
/** Odd: no two words have the same product, and its upper bits hang on all of the lower. 2^32 over the golden ratio. */
const SPREAD = 0x9e3779b1;

/**
 * All of a client's packets to one socket, whatever ports they come from, so that one thread knows all of the client: of
 * an IPv4 address, or of an IPv6 /64. Without, the kernel takes the ports in too, and each thread keeps its own account.
 *
 * @param fd - any of the `count` sockets of a port.
 */
export const steerByClient = (fd: number, count: number, isIPv6: boolean): void => {
  const setsockopt = koffi
    .load('libc.so.6')
    .func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)');
  const client = isIPv6
    ? [loadWord(IPV6_SOURCE), multiply(SPREAD), KEEP, loadWord(IPV6_SOURCE + 4), XOR_KEPT]
    : [loadWord(IPV4_SOURCE)];
  const mix = [multiply(SPREAD), KEEP, shiftRight(15), XOR_KEPT, multiply(SPREAD), shiftRight(16)];
  const program = [...client, ...mix, modulo(count), RETURN];
  const filter = koffi.alloc('uint8_t', program.length * 8);
  const view = new DataView(koffi.view(filter, program.length * 8));
  program.forEach(([operation, constant], i) => {
    view.setUint32(i * 8, operation, true);
    view.setInt32(i * 8 + 4, constant, true);
  });
  const described = BigUint64Array.of(BigInt(program.length), koffi.address(filter)); // struct sock_fprog
  // A kernel that refuses it serves as well, but for a client that asks from many ports.
  setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, described, described.byteLength);
  koffi.free(filter);
};
