import { expect, it } from 'vitest';
import { judgeDevice, lookAtClocks } from '../../client/device.ts';

/** One that goes on by a µs each time it is read, and shows it in steps. */
const stepping = (step: number) => {
  let readings = 0;
  return () => Math.floor((++readings * 0.001) / step) * step;
};

it.each([
  [0.005, 0.005, 1],
  [0.1, 0.1, 1],
  [1, 1, 1],
  [16.7, 16.7, 16.7],
])('sees that a clock goes in steps of %d ms', (step, blur, wallStep) => {
  const device = judgeDevice(stepping(step));
  expect(device.blur).toBeCloseTo(blur, 9);
  expect(device.step).toBeCloseTo(wallStep, 9);
});

it('takes a clock that does not move for as coarse as any browser makes one', () => {
  expect(judgeDevice(() => 7)).toEqual({ blur: 100, step: 100 });
});

it('judges this host’s own, and reads the wall clock between two readings of it', () => {
  const { blur, step } = judgeDevice();
  expect(blur).toBeGreaterThan(0);
  expect(step).toBeGreaterThanOrEqual(1);
  const before = Date.now();
  const { from, wall, to } = lookAtClocks();
  expect(from).toBeLessThanOrEqual(to);
  expect(wall).toBeGreaterThanOrEqual(before);
  expect(wall).toBeLessThanOrEqual(Date.now());
});
