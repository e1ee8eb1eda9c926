/** The kernel's system clock behind its port, and the file by which the next start knows its own hand. */
import { closeSync, constants, existsSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { decodeText } from '#contract/fields.ts';
import { ok, type Result, refuse } from '#contract/result.ts';
import {
  openSystemClockReader,
  openSystemClockWriter,
  type SystemClockReader,
  type SystemClockWriter,
  type Timex,
} from '#native/clock-adjtime.ts';
import type { Written } from '../discipline/clock-owner.ts';
import type { KernelRefusal } from '../discipline/kernel-clock.ts';
import type { SystemClockPort } from '../ports.ts';
import { readBounded } from './files.ts';
import { type Keeping, keeping } from './keeping.ts';
import { attempt } from './setup-error.ts';

const whole = (least: number, most: number) => v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most));

const schema = v.strictObject({
  version: v.literal(1),
  bootId: v.string(),
  written: v.strictObject({
    freq: whole(-0x8000_0000, 0x7fff_ffff),
    tick: whole(0, 1e6),
    status: whole(0, 0xffff),
    maxError: whole(0, 1e9),
    estError: whole(0, 1e9),
    base: v.pipe(v.number(), v.minValue(-0.1), v.maxValue(0.1)),
  }),
});

/** It is written over in place, and always as long: nothing is left of what stood there. */
const FILE_BYTES = 512;

/**
 * @param bootId - undefined where the host does not name its boots: then no start knows the hand of another.
 * @param isRaw - whether the virtual clock rests on an oscillator that this does not move.
 */
export const openSystemClock = (
  stateDir: string,
  bootId: string | undefined,
  isRaw: boolean,
): Result<SystemClockPort, KernelRefusal> => {
  if (!isRaw) return refuse('no-raw-clock', 'this host has no oscillator that steering its clock would let be');
  const [reader, writer] = [openSystemClockReader(), openSystemClockWriter()];
  if (!reader || !writer) return refuse('unsupported', 'steering the clock needs Linux on x64 or arm64 and glibc');
  return ok(systemClockPort(join(stateDir, 'system-clock.json'), bootId, reader, writer));
};

export const systemClockPort = (
  path: string,
  bootId: string | undefined,
  reader: SystemClockReader,
  writer: SystemClockWriter,
  { keep }: Pick<Keeping, 'keep'> = keeping,
): SystemClockPort => {
  const written = bootId === undefined ? undefined : readWritten(path, bootId);
  return {
    read: () => asking(reader.read),
    write: (change, takesOver) =>
      asking(() => {
        if (takesOver) writer.endSlews();
        return writer.write(change);
      }),
    keep: (newest) => {
      const text = `${JSON.stringify({ version: 1, bootId, written: newest })}\n`;
      if (bootId !== undefined) keep(path, () => attempt(`write ${path}`, () => overwrite(path, text)));
    },
    ...(written && { written }),
  };
};

const NOT_PERMITTED =
  'it takes CAP_SYS_TIME (a service: the drop-in system-clock.conf; a container: --user root --cap-add SYS_TIME)';

const asking = (ask: () => Timex): Result<Timex, KernelRefusal> => {
  try {
    return ok(ask());
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return error.code === 'EPERM' ? refuse('not-permitted', NOT_PERMITTED) : refuse('failed', error.message);
  }
};

/** No word of a damaged one: a power cut may leave it so, and the next boot has no use for it. */
const readWritten = (path: string, bootId: string): Written | undefined => {
  try {
    const text = existsSync(path) ? readBounded(path, FILE_BYTES)?.toString('latin1') : undefined;
    const kept = text === undefined ? undefined : decodeText(schema, text);
    return kept?.ok && kept.value.bootId === bootId ? kept.value.written : undefined;
  } catch {
    return undefined;
  }
};

/** Each second or so, hence without waiting for the disk: it has to outlive this process, not the host's power. */
const overwrite = (path: string, text: string): void => {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    writeSync(file, text.padEnd(FILE_BYTES), 0, 'latin1');
    ftruncateSync(file, FILE_BYTES);
  } finally {
    closeSync(file);
  }
};
