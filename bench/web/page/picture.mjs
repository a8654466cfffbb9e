// The pictures that everything is measured with, the same in the browser and outside.

/** Numbers in [0, 1) that look random and are the same each time. */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** RGBA bytes with edges, gradients and a little noise, as photos have them; opaque. */
export function makePicture(width, height) {
  const random = randomNumbers(width * 8191 + height);
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      const checks = ((x >> 4) ^ (y >> 4)) & 1 ? 40 : -40;
      const wave = 60 * Math.sin(x / 9) * Math.cos(y / 13);
      const noise = (random() - 0.5) * 24;
      data[i] = 128 + wave + checks + noise;
      data[i + 1] = 110 + wave - checks / 2 + noise;
      data[i + 2] = 140 - wave + checks / 3 + noise;
      data[i + 3] = 255;
    }
  }
  return { data, width, height };
}

/** The picture's colours in [0, 1], channels last. */
export function toNhwc({ data, width, height }) {
  const floats = new Float32Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    floats[to++] = data[from] / 255;
    floats[to++] = data[from + 1] / 255;
    floats[to++] = data[from + 2] / 255;
  }
  return floats;
}

/** The picture's colours in [0, 1], one plane per channel. */
export function toNchw({ data, width, height }) {
  const pixels = width * height;
  const floats = new Float32Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    floats[i] = data[4 * i] / 255;
    floats[pixels + i] = data[4 * i + 1] / 255;
    floats[2 * pixels + i] = data[4 * i + 2] / 255;
  }
  return floats;
}

/** Bytes, channels last and opaque, of colours in [0, 1], channels last. */
export function fromNhwc(floats, width, height) {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let from = 0, to = 0; to < data.length; to += 4) {
    data[to] = floats[from++] * 255;
    data[to + 1] = floats[from++] * 255;
    data[to + 2] = floats[from++] * 255;
    data[to + 3] = 255;
  }
  return { data, width, height };
}

/** The same of planes. */
export function fromNchw(floats, width, height) {
  const pixels = width * height;
  const data = new Uint8ClampedArray(pixels * 4);
  for (let i = 0; i < pixels; i++) {
    data[4 * i] = floats[i] * 255;
    data[4 * i + 1] = floats[pixels + i] * 255;
    data[4 * i + 2] = floats[2 * pixels + i] * 255;
    data[4 * i + 3] = 255;
  }
  return { data, width, height };
}
