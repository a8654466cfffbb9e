/** The element with this id, checked to be of the class that the code expects. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/** Sets the text of the element with this id. */
export function setText(id: string, text: string): void {
  byId(id, HTMLElement).textContent = text;
}
