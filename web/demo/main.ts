import { byId } from './base/dom.js';
import { describeError } from './base/errors.js';
import { showAnatomy } from './network/anatomy.js';
import { NetworkChoice } from './network/choice.js';
import { Engine } from './network/engine.js';
import { watchIntake } from './pictures/intake.js';
import { Workbench } from './pictures/workbench.js';
import { HowItRuns } from './run/how-it-runs.js';

const again = () => workbench.again();
const choice = new NetworkChoice(again);
const howItRuns = new HowItRuns(again);
const workbench = new Workbench(new Engine(), {
  settings: () => ({ model: choice.model, ...howItRuns.settings }),
  scale: () => choice.scale,
  onprepared(prepared) {
    howItRuns.show(prepared);
    showAnatomy(prepared.upscaler.model);
  },
  onmeasured: (model, speed) => choice.setMeasured(model, speed),
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
  onpictures: (files) => workbench.bring(files.map((file) => ({ file, name: file.name }))),
  onnetwork(files) {
    choice.chooseOwn(files);
    again();
  },
  onrefused: (message) => workbench.complain(message),
});
byId('sample', HTMLButtonElement).addEventListener('click', bringSample);
void bringSample();
