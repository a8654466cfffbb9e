const count = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** "0.42 s", "12.3 s", "2 min 5 s". */
export function formatTime(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** "820 KB", "1.4 MB", "2.1 GB": powers of ten, as file managers show them. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 1 && value < 99.95 ? value.toFixed(1) : count.format(value)} ${units[unit]}`;
}

/** "0.19" or "12.5", for megapixels. */
export function formatMegapixels(pixels: number): string {
  const megapixels = pixels / 1e6;
  return megapixels < 10 ? megapixels.toFixed(2) : megapixels.toFixed(1);
}

/** "432 × 324", never broken across lines. */
export function formatSize(width: number, height: number): string {
  return `${count.format(width)}\u00a0×\u00a0${count.format(height)}`;
}

/** "41 K", "1.2 M". */
export function formatCount(value: number): string {
  if (value < 1000) return count.format(value);
  return value < 1e6 ? `${count.format(value / 1e3)} K` : `${(value / 1e6).toFixed(1)} M`;
}

/** "1 worker", "4 workers". */
export function plural(value: number, noun: string): string {
  return `${count.format(value)} ${noun}${value === 1 ? '' : 's'}`;
}
