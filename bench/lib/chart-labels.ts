// Where the texts beside a chart's dots go, so that they can be read. All in pixels of the drawing.

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Between which texts have to lie. */
type Bounds = Pick<Box, 'left' | 'right'>;

/** A dot's text: where it begins, ends or has its middle, and the room it takes. */
export interface Place {
  x: number;
  y: number;
  anchor: 'start' | 'end' | 'middle';
  box: Box;
}

/** Of a dot. */
export const RADIUS = 5;
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
function placesOf(x: number, y: number, text: string, { left, right }: Bounds): Place[] {
  const width = text.length * LETTER;
  const place = (anchor: Place['anchor'], at: number, baseline: number): Place => {
    const begin = anchor === 'start' ? at : at - (anchor === 'end' ? width : width / 2);
    const [top, bottom] = [baseline - LINE + 3, baseline + 3];
    return { x: at, y: baseline, anchor, box: { left: begin, right: begin + width, top, bottom } };
  };
  const middle = Math.min(Math.max(x, left + width / 2), right - width / 2);
  return [
    place('start', x + GAP, y + 4),
    place('end', x - GAP, y + 4),
    place('middle', middle, y - GAP),
    place('middle', middle, y + GAP + LINE - 3),
  ];
}

/** For each dot the first place where its text meets no dot and no other text, if there is one. */
export function placeLabels(
  dots: readonly { x: number; y: number; label: string }[],
  bounds: Bounds,
): Place[] {
  const taken = dots.map(({ x, y }) => around(x, y, RADIUS));
  return dots.map(({ x, y, label: text }) => {
    const places = placesOf(x, y, text, bounds);
    const free = places.find(
      ({ box }) =>
        box.left >= bounds.left &&
        box.right <= bounds.right &&
        !taken.some((other) => overlap(box, other)),
    );
    const chosen = free ?? (places[0] as Place);
    taken.push(chosen.box);
    return chosen;
  });
}
