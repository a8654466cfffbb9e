/** Shipped models that do the same at several scales, as one. */
import type { ShippedModelInfo } from '../types.js';
import { ALIASES, SHIPPED_MODELS } from './shipped-models.js';

// photo-x2, photo-x2-tiny: a family, a scale, and a size.
const MEMBER_NAME = /^(?<family>[a-z]+)-x\d+(?<size>-[a-z]+)?$/;

/** One model of a family. */
export interface Member {
  name: string;
  scale: number;
}

const familyOf = (name: string): string | undefined => {
  const { family, size = '' } = MEMBER_NAME.exec(name)?.groups ?? {};
  return family && family + size;
};

/** The members of a family by its name, such as `photo` or `photo-tiny`, by scale; empty for none. */
export function familyMembers(family: string): Member[] {
  const own = Object.entries(SHIPPED_MODELS).map(([name, { scale }]) => ({ name, scale }));
  const aliases = Object.entries(ALIASES).flatMap(([alias, name]) =>
    own.filter((model) => model.name === name).map(({ scale }) => ({ name: alias, scale })),
  );
  return [...own, ...aliases]
    .filter(({ name }) => familyOf(name) === family)
    .sort((a, b) => a.scale - b.scale);
}

/** The names of all families. */
export function familyNames(): string[] {
  const names = [...Object.keys(ALIASES), ...Object.keys(SHIPPED_MODELS)].map(familyOf);
  return [...new Set(names)].filter((name) => name !== undefined);
}

/**
 * The member for a scale: the next above, or the largest there is.
 *
 * @param members - by scale, one at least
 * @param needed - undefined for the least
 */
export function memberFor(members: readonly Member[], needed: number | undefined): Member {
  const found = needed === undefined ? members[0] : members.find(({ scale }) => scale >= needed);
  return (found ?? members.at(-1)) as Member;
}

// Heaviest first.
const SIZES = ['-medium', '-small', '-tiny'];

/** The shipped model of the same scale that is the next lighter one; undefined for none. */
export function lighterModel(name: string): string | undefined {
  const own = ALIASES[name] ?? name;
  const size = SIZES.findIndex((ending) => own.endsWith(ending));
  const lighter = own.slice(0, -(SIZES[size]?.length ?? 0)) + SIZES[size + 1];
  return size >= 0 && lighter in SHIPPED_MODELS ? lighter : undefined;
}

/** The shipped models and their facts. */
export function shippedModels(): ShippedModelInfo[] {
  return Object.entries(SHIPPED_MODELS).map(([name, { scale, bytes, sha256 }]) => {
    const otherNames = Object.keys(ALIASES).filter((alias) => ALIASES[alias] === name);
    const families = [name, ...otherNames].map(familyOf).filter((family) => family !== undefined);
    return { name, otherNames, families, scale, bytes, sha256 };
  });
}
