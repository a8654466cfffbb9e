import { byId } from '../base/dom.js';

/** What the page calls when the visitor brings pictures, a video, a network, or something that is none. */
export interface IntakeHandlers {
  onpictures(files: readonly File[]): void;
  onvideo(file: File): void;
  /** One file, or several that belong together. */
  onnetwork(files: readonly File[]): void;
  onrefused(message: string): void;
}

// The files that networks come in, and those that hold their weights.
const NETWORK_FILE = /\.(onnx|tflite|json|bin|data)$/i;

function take(files: readonly File[], handlers: IntakeHandlers): void {
  const network = files.filter(({ name }) => NETWORK_FILE.test(name));
  const [video] = files.filter(({ type }) => type.startsWith('video/'));
  const pictures = files.filter((file) => !network.includes(file) && file !== video);
  if (network.length > 0) handlers.onnetwork(network);
  if (video) handlers.onvideo(video);
  if (pictures.length > 0) handlers.onpictures(pictures);
}

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

function watchPicking(id: string, handlers: IntakeHandlers): void {
  const input = byId(id, HTMLInputElement);
  input.addEventListener('change', () => {
    take([...(input.files ?? [])], handlers);
    // Or else picking the same file again would not count as a change.
    input.value = '';
  });
}

function watchDropping(handlers: IntakeHandlers): void {
  const veil = (shown: boolean) => document.body.classList.toggle('dropping', shown);
  addEventListener('dragover', (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    veil(true);
  });
  addEventListener('dragleave', (event) => {
    // Leaving an element for another one inside the page has a relatedTarget.
    if (event.relatedTarget === null) veil(false);
  });
  addEventListener('drop', (event) => {
    veil(false);
    if (!carriesFiles(event)) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) take(files, handlers);
    else handlers.onrefused('Nothing that could be read was dropped. Drop picture files.');
  });
}

function watchPasting(handlers: IntakeHandlers): void {
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) take(files, handlers);
    else handlers.onrefused('The clipboard holds no picture. Copy one, then paste again.');
  });
}

/** Takes pictures and networks from the file choosers, from drops anywhere, and from the clipboard. */
export function watchIntake(handlers: IntakeHandlers): void {
  watchPicking('file', handlers);
  watchPicking('own-file', handlers);
  watchDropping(handlers);
  watchPasting(handlers);
}
