import { describe, TesseraError } from '../errors.js';

/**
 * The bytes that a `data:` address holds. Decoded here, as a content security policy may forbid to
 * fetch them.
 *
 * @param what - names the file in messages, such as "model"
 * @throws TesseraError `ERR_LOAD`.
 */
export function dataBytes(url: string, what: string): Uint8Array<ArrayBuffer> {
  const comma = url.indexOf(',');
  try {
    if (comma < 0) throw new Error('it has no comma');
    const base64 = /;\s*base64\s*$/i.test(url.slice(0, comma));
    const content = url.slice(comma + 1).replace(/#.*$/s, '');
    if (!base64) return percentDecoded(content);
    const text = atob(unescaped(content).replace(/\s/g, ''));
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
  } catch (cause) {
    throw new TesseraError(
      'ERR_LOAD',
      `cannot read the data: address of the ${what}: ${describe(cause)}`,
      {
        cause,
        details: { characters: url.length },
      },
    );
  }
}

const unescaped = (text: string): string => (text.includes('%') ? decodeURIComponent(text) : text);

/** Text as UTF-8, where `%` and two digits stand for one byte. */
function percentDecoded(content: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(content);
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const digits = text[i] === 0x25 ? String.fromCharCode(...text.slice(i + 1, i + 3)) : '';
    const escaped = /^[0-9a-f]{2}$/i.test(digits);
    bytes.push(escaped ? Number.parseInt(digits, 16) : (text[i] as number));
    if (escaped) i += 2;
  }
  return Uint8Array.from(bytes);
}
