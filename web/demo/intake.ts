import { byId } from './dom.js';

/** What the page calls when the visitor brings a picture, a network, or something that is none. */
export interface IntakeHandlers {
  onfile(file: File): void;
  onnetwork(file: File): void;
  onrefused(message: string): void;
}

/** The first file of a drop or a paste, if there is one. */
function firstFile(data: DataTransfer | null): File | undefined {
  return data?.files[0] ?? undefined;
}

function take(file: File, handlers: IntakeHandlers): void {
  if (file.name.endsWith('.onnx')) handlers.onnetwork(file);
  else handlers.onfile(file);
}

function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

function watchPicking(handlers: IntakeHandlers): void {
  const input = byId('file', HTMLInputElement);
  input.addEventListener('change', () => {
    const file = input.files?.[0];
    if (file) take(file, handlers);
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
    const file = firstFile(event.dataTransfer);
    if (file) take(file, handlers);
    else handlers.onrefused('Nothing that could be read was dropped. Drop a picture file.');
  });
}

function watchPasting(handlers: IntakeHandlers): void {
  addEventListener('paste', (event) => {
    const file = firstFile(event.clipboardData);
    if (file) take(file, handlers);
    else handlers.onrefused('The clipboard holds no picture. Copy one, then paste again.');
  });
}

/**
 * Takes pictures and ONNX files from the file chooser, from drops anywhere on the page, and from the
 * clipboard.
 */
export function watchIntake(handlers: IntakeHandlers): void {
  watchPicking(handlers);
  watchDropping(handlers);
  watchPasting(handlers);
}
