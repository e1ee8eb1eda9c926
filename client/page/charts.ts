/** The two pictures: the interval of this device's error over time, and the round trips below. */
import uPlot from 'uplot';
import { lengthText } from '../lengths.ts';
import { element, put } from './elements.ts';
import { KEPT_S, type Point, rangeOf, referenceOf } from './history.ts';

const HEIGHT = { band: 170, trips: 110 } as const;
/** The picture is at least so wide, in s. */
const LEAST_SPAN_S = 5;

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name);
const font = '12px system-ui, sans-serif';

const axis = (more: uPlot.Axis = {}): uPlot.Axis => ({
  font,
  stroke: () => colour('--soft'),
  grid: { stroke: () => colour('--line'), width: 1 },
  ticks: { show: false },
  ...more,
});
/** Where there is nothing to see, there is nothing to read. */
const labels =
  (text: (value: number) => string): uPlot.Axis.DynamicValues =>
  ({ data: [at = []] }, splits) =>
    at.length === 0 ? [] : splits.map(text);
/** In s. Labels have no fractions of them. */
const EVERY = { incrs: [1, 2, 5, 10, 15, 30, 60, 120, 300], space: 84 };
const times = axis({
  size: 26,
  ...EVERY,
  values: labels((at) => new Date(at * 1e3).toISOString().slice(11, 19)),
});
/** The lower picture has the same, with words. */
const bareTimes = axis({ size: 6, ...EVERY, values: () => [] });
const millis = axis({
  size: 52,
  space: 36,
  values: labels((ms) => String(Number(ms.toPrecision(4))).replace('-', '−')),
});

/** @returns what shows the points, and says what they are to who does not see them. */
export const openCharts = (): ((points: readonly Point[], sentence: string) => void) => {
  let points: readonly Point[] = [];

  const rangeX = (): [number, number] => {
    const last = points.at(-1)?.at ?? 0;
    const first = points[0]?.at ?? 0;
    return [Math.max(Math.min(first, last - LEAST_SPAN_S), last - KEPT_S), last];
  };
  const shared = {
    cursor: { show: false },
    legend: { show: false },
    padding: [8, 28, 0, 0],
  } satisfies Partial<uPlot.Options>;

  const open = (
    id: keyof typeof HEIGHT,
    options: Pick<uPlot.Options, 'scales' | 'series' | 'axes' | 'bands'>,
  ): uPlot => {
    const target = element(id);
    const size = () => ({ width: target.clientWidth, height: HEIGHT[id] });
    const plot = new uPlot({ ...shared, ...size(), ...options }, [[]], target);
    new ResizeObserver(() => plot.setSize(size())).observe(target);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot.redraw());
    return plot;
  };

  const edge = { stroke: () => colour('--mark'), width: 1, points: { show: false } };
  const band = open('band', {
    scales: { x: { time: true, range: rangeX }, y: { range: () => [...rangeOf(points)] as [number, number] } },
    series: [{}, edge, { ...edge, width: 2 }, edge],
    bands: [{ series: [3, 1], fill: () => colour('--band') }],
    axes: [bareTimes, millis],
  });
  const trips = open('trips', {
    scales: { x: { time: true, range: rangeX }, y: { range: (_plot, _least, most) => [0, (most || 1) * 1.2] } },
    series: [
      {},
      {
        paths: () => null,
        points: { show: true, size: 7, fill: () => colour('--mark'), stroke: () => colour('--paper'), width: 1 },
      },
    ],
    axes: [times, millis],
  });

  return (next, sentence) => {
    points = next;
    const last = points.at(-1);
    const reference = last ? referenceOf(last) : 0;
    const at = points.map((point) => point.at);
    band.setData([
      at,
      points.map(({ least }) => least - reference),
      points.map(({ guess }) => guess - reference),
      points.map(({ most }) => most - reference),
    ]);
    trips.setData([at, points.map(({ roundTrip }) => roundTrip ?? null)]);
    put(
      'counted-from',
      reference === 0
        ? 'in ms; above 0 it is fast'
        : `in ms from ${lengthText(reference, 1e3)} ${reference > 0 ? 'fast' : 'slow'}`,
    );
    element('band').setAttribute('aria-label', `Picture of this device’s error over time. ${sentence}`);
  };
};
