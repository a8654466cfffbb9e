// More says no more to a reader, and a data: address can hold a whole file.
const MOST_SHOWN = 200;

/** An address as it is shown in messages. */
export function shortAddress(url: string): string {
  if (url.length <= MOST_SHOWN) return url;
  return `${url.slice(0, MOST_SHOWN / 2)}... (${url.length} characters)`;
}
