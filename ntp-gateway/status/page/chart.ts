/** Draws a picture, and says what stands under the pointer. */
import uPlot from 'uplot';
import { clockText } from './figures.ts';
import type { Line, Picture } from './pictures.ts';
import { element } from './view.ts';

/** The picture is at least so wide, in s. */
const LEAST_SPAN_S = 60;

const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name);
const font = '12px system-ui, sans-serif';
const axis = (more: uPlot.Axis): uPlot.Axis => ({
  font,
  stroke: () => colour('--soft'),
  grid: { stroke: () => colour('--line'), width: 1 },
  ticks: { show: false },
  ...more,
});
const X: uPlot.Axis = axis({
  size: 26,
  incrs: [5, 10, 15, 30, 60, 120, 300, 600, 900],
  space: 84,
  values: (_plot, splits) => splits.map(clockText),
});

/** @param id - of the element that it is drawn in; `ID-readout` says what is under the pointer. */
export const openChart = (id: string, height: number, name: string): ((picture: Picture) => void) => {
  const target = element(id);
  const readout = element(`${id}-readout`);
  let picture: Picture | undefined;
  let plot: uPlot | undefined;
  let drawn = '';

  const range = (): [number, number] => {
    const { at = [] } = picture ?? {};
    const [first = 0, last = 0] = [at[0], at.at(-1)];
    return [Math.min(first, last - LEAST_SPAN_S), last];
  };
  const say = ({ cursor: { idx } }: uPlot): void => {
    const at = idx == null ? undefined : picture?.at[idx];
    readout.textContent =
      at === undefined || idx == null
        ? ''
        : [clockText(at), ...picture!.lines.flatMap((line) => textAt(line, idx))].join(' · ');
  };
  const size = () => ({ width: target.clientWidth, height });
  const open = (lines: readonly Line[]): uPlot =>
    new uPlot(
      {
        ...size(),
        padding: [8, 28, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: {
          x: { time: true, range },
          y: { range: () => [picture?.least ?? 0, picture?.most ?? 1] },
        },
        axes: [
          X,
          axis({ size: 64, space: 36, values: (_plot, splits) => splits.map((value) => picture!.label(value)) }),
        ],
        ...shapesOf(lines),
        hooks: { setCursor: [say] },
      },
      [[]],
      target,
    );
  new ResizeObserver(() => plot?.setSize(size())).observe(target);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plot?.redraw(false));

  return (next) => {
    picture = next;
    const shapes = next.lines.map(({ name, colour }) => `${name} ${colour}`).join('\n');
    if (!plot || shapes !== drawn) {
      plot?.destroy();
      plot = open(next.lines);
      drawn = shapes;
    }
    const columns = next.lines.flatMap(({ values, band }) => [...(band ?? []), values]);
    plot.setData([next.at, ...columns] as uPlot.AlignedData);
    target.setAttribute('aria-label', `${name} ${next.sentence}`);
  };
};

/** A band's two edges come before its line, in the order of the data. */
const shapesOf = (lines: readonly Line[]): Pick<uPlot.Options, 'series' | 'bands'> => {
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  for (const { colour: name, band } of lines) {
    if (band) {
      const edge = { stroke: () => `${colour(name)}66`, width: 1, points: { show: false } };
      series.push(edge, edge);
      bands.push({ series: [series.length - 1, series.length - 2], fill: () => `${colour(name)}22` });
    }
    series.push({ stroke: () => colour(name), width: 1.5, points: { show: false } });
  }
  return { series, bands };
};

const textAt = ({ name, values, band, text }: Line, i: number): readonly string[] => {
  const value = values[i];
  return value == null ? [] : [`${name} ${text(value, band?.[0][i] ?? undefined, band?.[1][i] ?? undefined)}`];
};
