/**
 * A TLS 1.3 client that blocks, by the OpenSSL that is inside of Node: it takes two thirds of node:tls's time, so that a load's own core
 * is full later. man 3 SSL_connect. It asks for `ntske/1`, and believes any certificate. Linux alone.
 */
import koffi from 'koffi';
import { AF_INET, SOCK_CLOEXEC } from '#native/socket-numbers.ts';
import { socketAddress } from '#native/udp-calls.ts';

export type TlsClient = {
  /** Sends a request as one of this host's IPv4 addresses. @returns what comes back, until `isWhole` or the connection ends. */
  readonly ask: (from: Uint8Array, request: Uint8Array, isWhole: (bytes: Uint8Array) => boolean) => Uint8Array;
};

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);
const ALPN = Buffer.from('\x07ntske/1');
/** What clients offer that are not of this year's OpenSSL: it has ML-KEM first, at a third more of both ends' time. */
const GROUPS = Buffer.from('X25519:P-256\0');
/** openssl/ssl.h: what a macro does. */
const [SET_GROUPS, SET_MIN_VERSION, TLS_1_3] = [92, 123, 0x0304];
const SOCK_STREAM = 1;
/** man 7 socket, tcp, ip: level and option. */
const NODELAY = [6, 1] as const;
const PATIENCE = [1, 20] as const;
const PORT_LATER = [0, 24] as const;
const ONE = Int32Array.of(1);
const TWO_SECONDS = BigInt64Array.of(2n, 0n);
const MOST = 16_384;

type Call = (...operands: unknown[]) => number;

export const openTlsClient = (port: number): TlsClient => {
  const [libc, openssl] = [koffi.load('libc.so.6'), koffi.load(null)];
  const socket: Call = libc.func('int socket(int domain, int type, int protocol)');
  const bind: Call = libc.func('int bind(int fd, void *address, uint32_t length)');
  const connect: Call = libc.func('int connect(int fd, void *address, uint32_t length)');
  const set: Call = libc.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)');
  const close: Call = libc.func('int close(int fd)');
  const control: Call = openssl.func('long SSL_CTX_ctrl(void *context, int command, long number, void *operand)');
  const setAlpn: Call = openssl.func('int SSL_CTX_set_alpn_protos(void *context, void *protocols, uint32_t length)');
  const setSocket: Call = openssl.func('int SSL_set_fd(void *tls, int fd)');
  const shake: Call = openssl.func('int SSL_connect(void *tls)');
  const write: Call = openssl.func('int SSL_write(void *tls, void *bytes, int length)');
  const read: Call = openssl.func('int SSL_read(void *tls, void *bytes, int length)');
  const free: Call = openssl.func('void SSL_free(void *tls)');
  const newTls = openssl.func('void *SSL_new(void *context)');
  const newContext = openssl.func('void *SSL_CTX_new(void *method)');
  const method = openssl.func('void *TLS_client_method()');

  const context = newContext(method());
  control(context, SET_MIN_VERSION, TLS_1_3, null);
  control(context, SET_GROUPS, 0, GROUPS);
  setAlpn(context, ALPN, ALPN.length);
  const server = socketAddress(LOOPBACK, port);
  const received = new Uint8Array(MOST);
  const must = (is: boolean, what: string): void => {
    if (!is) throw new Error(`${what} failed`);
  };

  return {
    ask: (from, request, isWhole) => {
      const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const tls = newTls(context);
      try {
        for (const option of [NODELAY, PORT_LATER]) set(fd, ...option, ONE, ONE.byteLength);
        set(fd, ...PATIENCE, TWO_SECONDS, TWO_SECONDS.byteLength);
        must(bind(fd, socketAddress(from, 0), 16) === 0, 'bind');
        must(connect(fd, server, server.length) === 0, 'connect');
        must(setSocket(tls, fd) === 1 && shake(tls) === 1, 'the handshake');
        must(write(tls, request, request.length) === request.length, 'the request');
        for (let size = 0; ; ) {
          const more = read(tls, received.subarray(size), MOST - size);
          if (more > 0) size += more;
          if (more <= 0 || isWhole(received.subarray(0, size))) return received.subarray(0, size);
        }
      } finally {
        free(tls);
        close(fd);
      }
    },
  };
};
