/** Which picture is next: what the visitor sees comes first. */

/** A picture that waits. */
export interface ViewJob {
  readonly image: HTMLImageElement;
  /** Whether it is made also while it is far from what is seen. */
  readonly eager: boolean;
  /** Makes it; never rejects. */
  run(): Promise<void>;
}

// One is read or encoded while the other is computed.
const AT_ONCE = 2;
// How far from what is seen a picture is made, in lengths of the window.
const NEAR = '50%';

/** Runs jobs, those in view from the top first, then the nearest; far ones wait until they are near. */
export class ViewOrder {
  readonly #waiting = new Map<Element, ViewJob>();
  readonly #near = new Set<Element>();
  #observer: IntersectionObserver | undefined;
  #running = 0;
  #planned = false;

  add(job: ViewJob): void {
    this.#waiting.set(job.image, job);
    this.#observer ??= new IntersectionObserver((entries) => this.#moved(entries), {
      rootMargin: NEAR,
    });
    this.#observer.observe(job.image);
    this.#plan();
  }

  remove(job: ViewJob): void {
    this.#waiting.delete(job.image);
    this.#near.delete(job.image);
    this.#observer?.unobserve(job.image);
  }

  #moved(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) this.#near.add(target);
      else this.#near.delete(target);
    }
    this.#plan();
  }

  /** Pictures that come in one task are looked at together, once it is known which are near. */
  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    setTimeout(() => {
      this.#planned = false;
      while (this.#running < AT_ONCE) {
        const job = this.#next();
        if (job === undefined) return;
        void this.#run(job);
      }
    });
  }

  async #run(job: ViewJob): Promise<void> {
    this.remove(job);
    this.#running++;
    await job.run();
    this.#running--;
    this.#plan();
  }

  #next(): ViewJob | undefined {
    const ready = [...this.#waiting.values()].filter(
      ({ image, eager }) => eager || this.#near.has(image),
    );
    const distances = new Map(ready.map((job) => [job, distanceFromView(job.image)]));
    const distance = (job: ViewJob) => distances.get(job) as number;
    return ready.sort((a, b) => distance(a) - distance(b) || inPage(a.image, b.image))[0];
  }
}

/** Lengths in CSS pixels; 0 in view. */
function distanceFromView(image: Element): number {
  const { top, bottom, left, right } = image.getBoundingClientRect();
  const beyond = (start: number, end: number, length: number) => Math.max(0, start - length, -end);
  return beyond(top, bottom, innerHeight) + beyond(left, right, innerWidth);
}

const inPage = (a: Element, b: Element): number =>
  a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
