import manifest from '../../models/manifest.json' with { type: 'json' };

/** A shipped model, as the visitor chooses it. */
export interface Network {
  /** What the library calls it. */
  name: string;
  text: string;
}

// In the order in which they are offered.
const FAMILIES = [
  ['photo', 'photos'],
  ['restore', 'damaged photos'],
  ['text', 'screenshots, text'],
] as const;
const SIZES = [
  ['small', ''],
  ['medium', ', slower and better'],
  ['tiny', ', faster'],
  ['perceptual', ', experimental: invents texture'],
] as const;

/** The networks that are shipped: family by family, the usual size first. */
export function shippedNetworks(): Network[] {
  const { aliases: _, ...models } = manifest;
  const names = Object.entries(models).sort(([, a], [, b]) => a.scale - b.scale);
  return FAMILIES.flatMap(([family, title]) =>
    SIZES.flatMap(([size, remark]) =>
      names
        .filter(([name]) => {
          const [own, , ownSize = 'small'] = name.split('-');
          return own === family && ownSize === size;
        })
        .map(([name, { scale }]) => ({ name, text: `${scale}× ${title}${remark}` })),
    ),
  );
}
