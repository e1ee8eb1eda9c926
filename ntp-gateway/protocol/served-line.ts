/**
 * The clock as answering threads know it: one line over the monotonic clock, and what it says of a moment. Numbers alone, so
 * that answering allocates nothing. Points of the monotonic clock are whole seconds and the ns of the second: a double does
 * not hold the ns of a long uptime.
 */

export type ServedLine = {
  /** When it was drawn, and the time then: NTP seconds since 1900, of all eras, and ns of the second. */
  readonly atSeconds: number;
  readonly atNanos: number;
  readonly seconds: number;
  readonly nanos: number;
  /** How much faster time runs than the monotonic clock, as a ratio. */
  readonly frequency: number;
  /** ns that the told time is ahead, behind if negative; slewed away at `slewRate`. */
  readonly slew: number;
  readonly slewRate: number;
  /** From each end of the interval to the time without its slew, ns, and by how much of the age either grows; ≥ 0. */
  readonly early: number;
  readonly late: number;
  readonly earlyGrowth: number;
  readonly lateGrowth: number;
  /** From this age on, ns, the ends are further out: a leap second may come. */
  readonly guardFrom: number;
  readonly guardEarly: number;
  readonly guardLate: number;
  /** Beyond this distance, ns, it is not spoken of. */
  readonly limit: number;
  /** 0 … 3 as on the wire; 3: not synchronized, and only the time and `precision` count. */
  readonly leap: number;
  readonly stratum: number;
  /** uint32. */
  readonly referenceId: number;
  readonly referenceSeconds: number;
  readonly referenceFraction: number;
  /** In 2^-16 s. */
  readonly rootDelay: number;
  /** log2 s. */
  readonly precision: number;
  /** Between lines of different epochs time was stepped. */
  readonly epoch: number;
};

/** ns from when the line was drawn to a point of the monotonic clock; negative where it came before. */
export const ageOf = (line: ServedLine, seconds: number, nanos: number): number =>
  (seconds - line.atSeconds) * 1e9 + (nanos - line.atNanos);

/** The told time at that age, in ns since the line's own second began. */
export const toldAt = (line: ServedLine, age: number): number =>
  line.nanos + age + age * line.frequency + slewLeft(line, age);

/** How far true time may be from the told time at that age, ns, ≥ 0: to the farther end of the interval. */
export const distanceAt = (line: ServedLine, age: number): number => {
  const slew = slewLeft(line, age);
  // Back before the line was drawn the ends change places: what ran fast since then was behind.
  const grownEarly = age < 0 ? -age * line.lateGrowth : age * line.earlyGrowth;
  const grownLate = age < 0 ? -age * line.earlyGrowth : age * line.lateGrowth;
  const guardEarly = age < line.guardFrom ? 0 : line.guardEarly;
  const guardLate = age < line.guardFrom ? 0 : line.guardLate;
  return Math.max(line.early + grownEarly + slew + guardEarly, line.late + grownLate - slew + guardLate, 0);
};

const slewLeft = ({ slew, slewRate }: ServedLine, age: number): number => {
  const done = Math.max(0, age) * slewRate;
  return slew > 0 ? Math.max(0, slew - done) : Math.min(0, slew + done);
};

/** What a line says of one moment, in an array, since a double that a function returns would be allocated. */
export type Told = Float64Array;
/** NTP seconds since 1900, of all eras; the fraction, 0 … 2^32 − 1; ns to the farther end of the interval. */
export const [SECONDS, FRACTION, DISTANCE] = [0, 1, 2];
export const newTold = (): Told => new Float64Array(3);

const FRACTION_UNIT = 1e9 / 2 ** 32;

/** @param seconds, nanos - of the monotonic clock. */
export const tell = (line: ServedLine, seconds: number, nanos: number, told: Told): void => {
  const age = ageOf(line, seconds, nanos);
  const sinceSecond = toldAt(line, age);
  const whole = Math.floor(sinceSecond / 1e9);
  told[SECONDS] = line.seconds + whole;
  told[FRACTION] = Math.min(Math.floor((sinceSecond - whole * 1e9) / FRACTION_UNIT), 0xffff_ffff);
  told[DISTANCE] = distanceAt(line, age);
};
