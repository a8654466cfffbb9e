import { launchBrowser } from '../../scripts/lib/browser.mjs';
import type { Consumer } from './consumer.ts';
import { Project, pack, versionOf } from './project.ts';

/** One row of the table. */
export interface Verdict {
  consumer: string;
  /** Of the tool that is tried; empty where there is none. */
  version: string;
  verdict: 'works' | 'FAILS';
  seconds: number;
  /** Why it fails. */
  message: string;
}

/**
 * Tries the packed library in each consumer, one after the other.
 *
 * @param folder - an empty one, for the archive
 * @param onverdict - hears each verdict
 */
export async function runConsumers(
  consumers: readonly Consumer[],
  folder: string,
  onverdict: (verdict: Verdict) => void,
): Promise<Verdict[]> {
  const archive = await pack(folder);
  const verdicts: Verdict[] = [];
  // By their tools, of which several consumers may use the same.
  const projects = new Map<string, Project>();
  const browser = await launchBrowser();
  try {
    for (const consumer of consumers) {
      const started = performance.now();
      const tools = consumer.tools.join();
      const project = projects.get(tools) ?? new Project(browser);
      projects.set(tools, project);
      const message = await tryConsumer(consumer, project, archive);
      const [tool] = consumer.tools;
      const verdict: Verdict = {
        consumer: consumer.name,
        version: tool === undefined ? '' : versionOf(tool),
        verdict: message === '' ? 'works' : 'FAILS',
        seconds: (performance.now() - started) / 1000,
        message,
      };
      onverdict(verdict);
      verdicts.push(verdict);
    }
  } finally {
    await browser.close();
    for (const project of projects.values()) project.remove();
  }
  return verdicts;
}

async function tryConsumer(consumer: Consumer, project: Project, archive: string): Promise<string> {
  try {
    if (!project.installed) await project.install(archive, consumer.tools);
    await consumer.check(project);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    project.clear();
  }
}
