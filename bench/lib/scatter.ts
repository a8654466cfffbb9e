// Points over a logarithmic axis, as SVG.

import { type Place, placeLabels, RADIUS } from './chart-labels.ts';
import { COLOURS, drawing, label, WIDTH } from './svg.ts';

export interface Dot {
  x: number;
  y: number;
  label: string;
  ours: boolean;
}

interface Axes {
  title: string;
  x: string;
  y: string;
}

const HEIGHT = 380;
const PLOT = { left: 52, right: WIDTH - 20, top: 56, bottom: HEIGHT - 48 };

/** 1, 2 and 5 times powers of ten, from the last one below to the first one above. */
export function logTicks(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const digit of [1, 2, 5]) ticks.push(Number(`${digit}e${power}`));
  }
  const first = ticks.filter((tick) => tick <= low).length - 1;
  const last = ticks.findIndex((tick) => tick >= high);
  // A single value has no room of its own.
  return ticks.slice(first, Math.max(last, first + 1) + 1);
}

/** Whole numbers around all values. */
function wholeTicks(low: number, high: number): number[] {
  const first = Math.floor(low);
  return Array.from({ length: Math.max(1, Math.ceil(high) - first) + 1 }, (_, i) => first + i);
}

const line = (x1: number, y1: number, x2: number, y2: number): string =>
  `<path d="M${x1} ${y1}L${x2} ${y2}" stroke="${COLOURS.text}" stroke-opacity="0.3"/>`;

/** `x` is logarithmic. */
export function scatterChart(axes: Axes, dots: readonly Dot[]): string {
  const xs = logTicks(Math.min(...dots.map(({ x }) => x)), Math.max(...dots.map(({ x }) => x)));
  const ys = wholeTicks(Math.min(...dots.map(({ y }) => y)), Math.max(...dots.map(({ y }) => y)));
  const part = (value: number, ticks: readonly number[]) =>
    (value - (ticks[0] as number)) / ((ticks.at(-1) as number) - (ticks[0] as number));
  const logs = xs.map(Math.log10);
  const { left, right, top, bottom } = PLOT;
  const atX = (x: number) => Math.round(left + part(Math.log10(x), logs) * (right - left));
  const atY = (y: number) => Math.round(bottom - part(y, ys) * (bottom - top));
  const middle = ' text-anchor="middle"';
  const end = ' text-anchor="end"';
  const drawn = dots.map((dot) => ({ ...dot, x: atX(dot.x), y: atY(dot.y) }));
  const places = placeLabels(drawn, { left: PLOT.left, right: WIDTH });
  const marks = drawn.flatMap(({ x, y, label: text, ours }, i) => {
    const place = places[i] as Place;
    return [
      `<circle cx="${x}" cy="${y}" r="${RADIUS}" fill="${ours ? COLOURS.ours : COLOURS.others}"/>`,
      label(place.x, place.y, text, ` text-anchor="${place.anchor}"`),
    ];
  });
  return drawing(axes.title, HEIGHT, [
    label(0, 18, axes.title, ' font-weight="bold"'),
    ...xs.flatMap((x) => [
      line(atX(x), top, atX(x), bottom),
      label(atX(x), bottom + 18, `${x}`, middle),
    ]),
    ...ys.flatMap((y) => [
      line(left, atY(y), right, atY(y)),
      label(left - 8, atY(y) + 4, `${y}`, end),
    ]),
    label((left + right) / 2, HEIGHT - 8, axes.x, middle),
    label(0, top - 14, axes.y),
    ...marks,
  ]);
}
