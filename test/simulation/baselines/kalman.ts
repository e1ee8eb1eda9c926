/** A Kalman filter over an offset and its frequency, in seconds; a frequency does a random walk. */
export type Kalman = {
  readonly at: number;
  readonly offset: number;
  readonly frequency: number;
  /** Covariances: of the offset, of both, of the frequency. */
  readonly variance: number;
  readonly covariance: number;
  readonly frequencyVariance: number;
};

/** @param wander - variance of the frequency's random walk, per s. */
export const progress = (state: Kalman, at: number, wander: number): Kalman => {
  const age = Math.max(0, at - state.at);
  const { variance, covariance, frequencyVariance } = state;
  return {
    at: state.at + age,
    offset: state.offset + age * state.frequency,
    frequency: state.frequency,
    variance: variance + 2 * age * covariance + age ** 2 * frequencyVariance + (wander * age ** 3) / 3,
    covariance: covariance + age * frequencyVariance + (wander * age ** 2) / 2,
    frequencyVariance: frequencyVariance + wander * age,
  };
};

/** With an offset measured at `state.at`, `noise` being its variance. */
export const absorb = (state: Kalman, measured: number, noise: number) => {
  const expected = state.variance + noise;
  const surprise = measured - state.offset;
  const [gain, frequencyGain] = [state.variance / expected, state.covariance / expected];
  return {
    state: {
      at: state.at,
      offset: state.offset + gain * surprise,
      frequency: state.frequency + frequencyGain * surprise,
      variance: state.variance * (1 - gain),
      covariance: state.covariance * (1 - gain),
      frequencyVariance: state.frequencyVariance - frequencyGain * state.covariance,
    },
    /** Share that the measurement has in what is known now, 0 … 1. */
    weight: gain,
    /** How probable it was that a measurement would surprise less, 0 … 1. */
    improbability: errorFunction(Math.abs(surprise) / Math.sqrt(2 * expected)),
  };
};

/** Of two that know the same by independent means, and of one moment. */
export const merge = (a: Kalman, b: Kalman): Kalman => {
  const [p, q, r] = [a.variance + b.variance, a.covariance + b.covariance, a.frequencyVariance + b.frequencyVariance];
  const determinant = p * r - q * q;
  // Rows of the mixing matrix Pa (Pa + Pb)⁻¹.
  const row = (left: number, right: number) =>
    [(left * r - right * q) / determinant, (right * p - left * q) / determinant] as const;
  const [first, second] = [row(a.variance, a.covariance), row(a.covariance, a.frequencyVariance)];
  const [offset, frequency] = [b.offset - a.offset, b.frequency - a.frequency];
  return {
    at: a.at,
    offset: a.offset + first[0] * offset + first[1] * frequency,
    frequency: a.frequency + second[0] * offset + second[1] * frequency,
    variance: first[0] * b.variance + first[1] * b.covariance,
    covariance: first[0] * b.covariance + first[1] * b.frequencyVariance,
    frequencyVariance: second[0] * b.covariance + second[1] * b.frequencyVariance,
  };
};

/** To 1.5e-7, for x ≥ 0: Abramowitz and Stegun 7.1.26. */
const errorFunction = (x: number): number => {
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return 1 - series * Math.exp(-x * x);
};
