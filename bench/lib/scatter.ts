// Points over a logarithmic axis, as SVG.

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

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** A dot's text: where it begins, ends or has its middle, and the room it takes. */
interface Place {
  x: number;
  y: number;
  anchor: 'start' | 'end' | 'middle';
  box: Box;
}

const RADIUS = 5;
const GAP = 10;
// Of a letter in a font of 13 pixels: fonts differ, and the widest common ones have about this.
const LETTER = 7.3;
const LINE = 13;

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const around = (x: number, y: number, radius: number): Box => {
  const [left, right, top, bottom] = [x - radius, x + radius, y - radius, y + radius];
  return { left, right, top, bottom };
};

/** To the right of a dot, to its left, above and below it, there as near to its middle as fits. */
function placesOf(x: number, y: number, text: string): Place[] {
  const width = text.length * LETTER;
  const place = (anchor: Place['anchor'], at: number, baseline: number): Place => {
    const left = anchor === 'start' ? at : at - (anchor === 'end' ? width : width / 2);
    const box = { left, right: left + width, top: baseline - LINE + 3, bottom: baseline + 3 };
    return { x: at, y: baseline, anchor, box };
  };
  const middle = Math.min(Math.max(x, PLOT.left + width / 2), WIDTH - width / 2);
  return [
    place('start', x + GAP, y + 4),
    place('end', x - GAP, y + 4),
    place('middle', middle, y - GAP),
    place('middle', middle, y + GAP + LINE - 3),
  ];
}

/** For each dot the first place where its text meets no dot and no other text, if there is one. */
function placeLabels(dots: readonly { x: number; y: number; label: string }[]): Place[] {
  const taken = dots.map(({ x, y }) => around(x, y, RADIUS));
  return dots.map(({ x, y, label: text }) => {
    const places = placesOf(x, y, text);
    const free = places.find(
      ({ box }) =>
        box.left >= PLOT.left && box.right <= WIDTH && !taken.some((other) => overlap(box, other)),
    );
    const chosen = free ?? (places[0] as Place);
    taken.push(chosen.box);
    return chosen;
  });
}

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
  const places = placeLabels(drawn);
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
