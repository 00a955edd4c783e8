import type { GalleryJob } from '../../../gallery-api.ts';
import { createActions } from './actions/actions.ts';
import { createDetails } from './details.ts';
import { createFrame } from './frame.ts';
import { listenToKeys } from './keys.ts';
import { createPanel } from './panel/panel.ts';
import { createPosition } from './position.ts';
import { createSequence, type Shown } from './sequence.ts';
import { createShowing } from './showing.ts';
import { createStage } from './stage/stage.ts';
import { createStrip } from './stage/strip.ts';
import { stagedOf } from './staged.ts';
import { createToast } from './toast.ts';

export interface ViewerOptions {
  /** All that can be shown, in the order of the list. */
  sequence(): readonly Shown[];
  /** A job as the list knows it; undefined if there is none, or no more. */
  job(id: string): GalleryJob | undefined;
  /** What is shown now, for the address; undefined when it closes. */
  onShow(shown: Shown | undefined): void;
}

const ZOOM_STEP = 1.4;

/** Shows one picture at a time, or a job without any, on the whole screen, with all that is known of it. */
export function createViewer({ sequence, job: jobOf, onShow }: ViewerOptions) {
  const pictures = createSequence(sequence);
  const toast = createToast();
  const close = () => dialog.close();
  const open = (to: Shown) => showing.go(to);
  const step = (by: -1 | 1) => showing.step(by);
  const stage = createStage({ canStep: (by) => pictures.neighbour(by) !== undefined, onStep: step });
  const strip = createStrip(open);
  const details = createDetails({
    onDetails: (of, found) => panel.showDetails(of, found),
    onFailed(of, error) {
      const job = jobOf(of.id);
      if (job) panel.showProblem(of, job, error);
    },
  });
  const panel = createPanel({
    canOpen: (to) => stagedOf(jobOf(to.id), to) !== undefined,
    onOpen: open,
    onRetry() {
      const shown = showing.current();
      if (shown) details.read(shown);
    },
  });
  const actions = createActions({
    current() {
      const shown = showing.current();
      const job = shown && jobOf(shown.id);
      return shown && job && { job, index: shown.index };
    },
    detailsOf: details.of,
    say: toast.say,
    onPanel,
    onDeleted: (id) => showing.onDeleted(id, close),
    onNotDeleted: (id) => showing.refresh(id),
  });
  const frame = createFrame({
    ...{ stage: stage.element, strip: strip.element, toast: toast.element, panel: panel.element },
    tools: actions.elements,
    onStep: step,
    onClose: close,
    onEscape: back,
    onClosed,
  });
  const { element: dialog } = frame;
  const position = createPosition(pictures, frame);
  const parts = { pictures, stage, strip, details, panel, actions, frame, position, toast };
  const showing = createShowing({ ...parts, job: jobOf, onShow });
  onPanel(true);
  listenToKeys(() => dialog.open, {
    ...actions.keys,
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    Home: () => showing.go(pictures.first()),
    End: () => showing.go(pictures.last()),
    '+': () => stage.zoom(ZOOM_STEP),
    '=': () => stage.zoom(ZOOM_STEP),
    '-': () => stage.zoom(1 / ZOOM_STEP),
    0: stage.reset,
    i: () => onPanel(),
    Escape: back,
  });

  /** Out of what was entered last: a menu, a question, the zoom, the dialog. */
  function back(): void {
    if (actions.back()) return;
    if (stage.isZoomed()) stage.reset();
    else close();
  }

  function onPanel(isOpen = panel.element.hidden === true): void {
    panel.element.hidden = !isOpen;
    actions.showPanel(isOpen);
  }

  function onClosed(): void {
    // The event comes a moment later.
    if (!dialog.open && showing.current()) showing.clear();
  }

  return {
    element: dialog,
    /** Shows something; nothing changes if it is shown already. */
    open(to: Shown): void {
      if (!dialog.open) {
        dialog.showModal();
        dialog.focus();
      }
      showing.go(to);
    },
    close,
    refresh: showing.refresh,
    onSequence: showing.onSequence,
  };
}
