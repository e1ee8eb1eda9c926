/**
 * Whose the host's clock is. Only one program may steer it, and none tells the others: what shows is what stands in the
 * kernel. chronyd, ntpd and systemd-timesyncd write frequency, status or errors at each of their updates.
 *
 * Not seen: a daemon that has yet to write its first word, what is slewed by adjtime(3) alone until that daemon corrects the
 * frequency (openntpd), and what only sets the clock, such as a hypervisor's tools, which shows as a jump of the wall clock.
 */
import { between, type MonoNanos, seconds } from '#contract/time.ts';
import { type KernelClock, LIMIT, STA_UNSYNC, writable } from './kernel-clock.ts';

/** What stood in the kernel after we wrote last. `base` is the rate, a ratio, without a slew. */
export type Written = Omit<KernelClock, 'tai'> & { readonly base: number };

/** How it has stood in there, unchanged, since then. */
export type Watch = { readonly since: MonoNanos; readonly seen: KernelClock };

/** systemd-timesyncd polls every 2048 s at most, chronyd and ntpd every 1024 s; and what comes late. */
export const LONGEST_SILENCE = seconds(2_048 + 256);

/** Nobody has said for hours, or ever since the host started, how good the clock is. */
export const isUntended = ({ status, maxError }: KernelClock): boolean =>
  maxError >= LIMIT && (status & STA_UNSYNC) !== 0;

/**
 * What differs from what we wrote, in words; undefined where nothing does but what the kernel does by itself: it lets the
 * errors grow, and where the clock is set it says that it knows nothing, and leaves the frequency.
 */
export const touched = (written: Written, seen: KernelClock): string | undefined => {
  const isAtLimit = isUntended(seen);
  const status = writable(written.status) | (isAtLimit ? STA_UNSYNC : 0);
  const differs = [
    ...(seen.freq === written.freq ? [] : [`freq ${seen.freq} for ${written.freq}`]),
    ...(seen.tick === written.tick ? [] : [`tick ${seen.tick} for ${written.tick}`]),
    ...(writable(seen.status) === status ? [] : [`status 0x${hex(seen.status)} for 0x${hex(written.status)}`]),
    ...(seen.estError === written.estError || (isAtLimit && seen.estError >= LIMIT)
      ? []
      : [`esterror ${seen.estError} µs for ${written.estError} µs`]),
    ...(seen.maxError >= written.maxError ? [] : [`maxerror ${seen.maxError} µs, below ${written.maxError} µs`]),
  ];
  return differs.length === 0 ? undefined : differs.join(', ');
};

const hex = (status: number): string => writable(status).toString(16);

/** Starts anew whenever something was written that is not ours. */
export const watch = (before: Watch | undefined, seen: KernelClock, now: MonoNanos): Watch =>
  before && isLetBe(before.seen, seen) ? { since: before.since, seen } : { since: now, seen };

const isLetBe = (before: KernelClock, now: KernelClock): boolean =>
  now.freq === before.freq &&
  now.tick === before.tick &&
  writable(now.status) === writable(before.status) &&
  now.estError === before.estError &&
  now.maxError >= before.maxError;

/** Whoever wrote that is gone, or would have written again. */
export const isAbandoned = ({ since, seen }: Watch, now: MonoNanos): boolean =>
  isUntended(seen) || between(since, now) > LONGEST_SILENCE;
