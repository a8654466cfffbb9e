import { byId } from './base/dom.js';
import { describeError } from './base/errors.js';
import { Tabs } from './base/tabs.js';
import { hideAnatomy, showAnatomy } from './network/anatomy.js';
import { NetworkChoice } from './network/choice.js';
import { Engine, type Prepared } from './network/engine.js';
import { Int8Form } from './network/int8-form.js';
import { keepForOffline } from './offline/keep.js';
import { watchIntake } from './pictures/intake.js';
import { Workbench } from './pictures/workbench.js';
import { Benchmark } from './run/benchmark.js';
import { HowItRuns } from './run/how-it-runs.js';
import { openFile } from './video/sources.js';
import { VideoTab } from './video/video-tab.js';

const int8 = new Int8Form((upscaler) => showAnatomy(upscaler.model));
const engine = new Engine((fraction) => int8.tell(fraction));
const choice = new NetworkChoice(changed);
const howItRuns = new HowItRuns(changed);
const settings = () => ({ model: choice.model, ...howItRuns.settings });

function showPrepared(prepared: Prepared): void {
  howItRuns.show(prepared);
  showAnatomy(prepared.upscaler.model);
  int8.show(prepared);
}

const workbench = new Workbench(engine, {
  settings,
  scale: () => choice.scale,
  onprepared: showPrepared,
  onmeasured(model, speed, prepared) {
    const { upscaler, settings } = prepared;
    choice.setMeasured(model, speed);
    int8.show(prepared);
    // Nothing is lost where it cannot be kept.
    keepForOffline(upscaler, typeof settings.model === 'string').catch(console.info);
  },
});
const video = new VideoTab(async (signal) => {
  const prepared = await engine.prepare(settings(), signal);
  showPrepared(prepared);
  return prepared.upscaler;
});
new Benchmark(
  () => howItRuns.settings,
  (model, speed) => choice.setMeasured(model, speed),
);

/** Whether the picture was made as the settings were before. */
let stale = false;

function changed(): void {
  hideAnatomy();
  int8.hide();
  const watching = !byId('video', HTMLElement).hidden;
  if (watching) video.restart();
  else workbench.again();
  stale = watching;
}

const tabs = new Tabs(byId('tabs', HTMLElement), (panel) => {
  if (panel === 'video') return;
  video.stop();
  if (stale) workbench.again();
  stale = false;
});

async function bringSample(): Promise<void> {
  try {
    const response = await fetch('sample.webp');
    if (!response.ok) throw new Error(`sample.webp could not be loaded (HTTP ${response.status})`);
    workbench.bring([{ file: await response.blob(), name: 'sample.webp' }]);
  } catch (error) {
    workbench.complain(describeError(error));
  }
}

watchIntake({
  onpictures(files) {
    tabs.select('pictures');
    workbench.bring(files.map((file) => ({ file, name: file.name })));
  },
  onvideo(file) {
    tabs.select('video');
    void video.play(() => openFile(file));
  },
  onnetwork(files) {
    choice.chooseOwn(files);
    changed();
  },
  onrefused: (message) => workbench.complain(message),
});
byId('sample', HTMLButtonElement).addEventListener('click', bringSample);
void bringSample();
