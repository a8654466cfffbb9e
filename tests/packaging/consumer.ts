import type { Project, Tool } from './project.ts';

/** One way of using the package. */
export interface Consumer {
  name: string;
  /** What is installed beside the library; the first is the one that is tried. */
  tools: readonly Tool[];
  /** Fails unless the package works. */
  check(project: Project): Promise<void>;
}
