/**
 * Runs a program whose every attempt to set or steer the clock is said to have succeeded, and does nothing: for those that end
 * when they may not. `node no-clock-run.ts PROGRAM [ARGUMENT…]`; the program takes this process's place.
 */
import koffi from 'koffi';

/** Of the kernel, by architecture: adjtimex, clock_adjtime, clock_settime, settimeofday. */
const CALLS: Readonly<Record<string, readonly number[]>> = {
  x64: [159, 305, 227, 164],
  arm64: [171, 266, 112, 170],
};
const [PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS] = [22, 38];
const SECCOMP_MODE_FILTER = 2;

/** struct sock_filter: code (u16) | jump if true (u8) | if false (u8) | operand (u32). */
const instruction = (code: number, operand: number, ifTrue = 0, ifFalse = 0): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
};
const calls = CALLS[process.arch] ?? [];
const LOAD_CALL = instruction(0x20, 0);
const SUCCEED = instruction(0x06, 0x0005_0000); // SECCOMP_RET_ERRNO 0: as if it were done
const ALLOW = instruction(0x06, 0x7fff_0000);
const isCall = (call: number, place: number) => instruction(0x15, call, calls.length - place);
const filter = Buffer.concat([LOAD_CALL, ...calls.map(isCall), ALLOW, SUCCEED]);

const libc = koffi.load('libc.so.6');
koffi.struct('sock_fprog', { len: 'uint16', filter: 'void *' });
const prctl = libc.func('int prctl(int option, ulong two, ulong three, ulong four, ulong five)');
const prctlFilter = libc.func('prctl', 'int', ['int', 'ulong', 'sock_fprog *', 'ulong', 'ulong']);

const [program = '', ...args] = process.argv.slice(2);
if (
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) !== 0 ||
  prctlFilter(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, { len: filter.length / 8, filter }, 0, 0) !== 0
) {
  throw new Error(`no filter: errno ${koffi.errno()}`);
}
process.execve?.(program, [program, ...args]);
