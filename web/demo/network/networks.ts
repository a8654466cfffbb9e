import { type ShippedModelInfo, Upscaler } from '../../src/index.js';

/** What a network is for, how far it enlarges, and how much it works, by the page's words for them. */
export interface Traits {
  kind: string;
  scale: string;
  effort: string;
}

/** A shipped network. */
export interface Network extends Traits {
  /** What the library calls it. */
  name: string;
  /** Of the file. */
  bytes: number;
}

// photo-x2-small: what for, how far, how much work.
const NAME = /^(?<kind>[a-z]+)-x(?<scale>\d+)(?:-(?<effort>[a-z]+))?$/;

function toNetwork({ name, bytes }: ShippedModelInfo): Network {
  const { kind = name, scale = '', effort = 'small' } = NAME.exec(name)?.groups ?? {};
  return { name, bytes, kind, scale, effort };
}

/** The networks that are shipped. */
export const NETWORKS: readonly Network[] = Upscaler.models.map(toNetwork);

/** The network that fits best: what it is for counts most, then the scale, then the effort. */
export function nearestNetwork({ kind, scale, effort }: Traits): Network {
  const fit = (network: Network) =>
    4 * Number(network.kind === kind) +
    2 * Number(network.scale === scale) +
    Number(network.effort === effort);
  return NETWORKS.reduce((best, network) => (fit(network) > fit(best) ? network : best));
}
