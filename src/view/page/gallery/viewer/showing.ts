import type { GalleryJob } from '../../../gallery-api.ts';
import type { createActions } from './actions/actions.ts';
import type { createDetails } from './details.ts';
import type { createFrame } from './frame.ts';
import type { createPanel } from './panel/panel.ts';
import type { createPosition } from './position.ts';
import type { createSequence, Shown } from './sequence.ts';
import type { createStage, Staged } from './stage/stage.ts';
import type { createStrip } from './stage/strip.ts';
import { nameOf, spokenOf, stagedOf } from './staged.ts';
import type { createToast } from './toast.ts';
import type { ViewerOptions } from './viewer.ts';

export interface ShowingOptions extends Pick<ViewerOptions, 'job' | 'onShow'> {
  pictures: ReturnType<typeof createSequence>;
  stage: ReturnType<typeof createStage>;
  strip: ReturnType<typeof createStrip>;
  details: ReturnType<typeof createDetails>;
  panel: ReturnType<typeof createPanel>;
  actions: ReturnType<typeof createActions>;
  frame: ReturnType<typeof createFrame>;
  position: ReturnType<typeof createPosition>;
  toast: ReturnType<typeof createToast>;
}

/** Has all parts of the viewer show the same, whatever becomes of it. */
export function createShowing(parts: ShowingOptions) {
  const { job: jobOf, onShow, pictures, stage, strip, details, panel, actions, frame, position } = parts;
  const { toast } = parts;
  let shown: Shown | undefined;
  /** What the stage was given for it. */
  let staged: Staged | undefined;

  const find = (of: Shown | undefined) => of && stagedOf(jobOf(of.id), of);
  const gone = (what: string) => `This ${staged && !staged.output ? 'job' : 'picture'} ${what}`;

  function show(to: Shown, direction: -1 | 1 = 1): void {
    actions.close();
    shown = to;
    pictures.set(to);
    const found = find(to);
    if (!found) {
      const word = gone('is no longer here.');
      leave(word, () => sayGone(word));
      return;
    }
    staged = found;
    const beside = [direction, -direction].flatMap((by) => find(pictures.neighbour(by)) ?? []);
    stage.show(staged, beside);
    panel.showJob(to, staged.job);
    details.show(to);
    drawJob(staged.job, to);
    position.draw();
    frame.say(...spokenOf(staged));
    // What had it may be gone.
    if (!frame.element.contains(document.activeElement)) frame.element.focus();
    onShow(to);
  }

  function drawJob(job: GalleryJob, { index }: Shown): void {
    frame.name(nameOf(job));
    strip.show(job, index);
    actions.draw();
  }

  function go(to: Shown | undefined, direction?: -1 | 1): void {
    if (to && (to.id !== shown?.id || to.index !== shown.index)) show(to, direction);
  }

  /** What was shown is gone: moves on, or does what is to be done without any other. */
  function leave(word: string, without: () => void): void {
    toast.say(word);
    const to = pictures.afterLoss();
    if (to && find(to)) show(to);
    else without();
  }

  function sayGone(word: string): void {
    toast.clear();
    stage.say(word);
    panel.clear();
    actions.draw();
    position.draw();
  }

  return {
    /** What is shown. */
    current: () => shown,
    /** Shows something; nothing changes if it is shown already. */
    go,
    step: (by: -1 | 1): void => go(pictures.neighbour(by), by),
    /** A job was deleted here. */
    onDeleted(id: string, close: () => void): void {
      pictures.forget(id);
      if (shown?.id === id) leave(gone('was deleted.'), close);
      else position.draw();
    },
    /** There are others beside it now. */
    onSequence(): void {
      if (shown) position.drawSoon();
    },
    /** A job has changed, or is gone. */
    refresh(id: string): void {
      actions.settle(id);
      if (!shown) return;
      if (id !== shown.id || actions.isDeleting(id)) return;
      const before = staged;
      const now = find(shown);
      if (!now) {
        const word = gone('was deleted.');
        leave(word, () => sayGone(word));
        return;
      }
      staged = now;
      // Its picture is there.
      if (!before?.output !== !now.output) show(shown);
      else {
        stage.update(now.job);
        drawJob(now.job, shown);
        if (before?.job.status !== now.job.status) frame.say(...spokenOf(now));
      }
      details.read({ ...shown });
    },
    clear(): void {
      shown = undefined;
      staged = undefined;
      stage.clear();
      details.clear();
      panel.clear();
      actions.close();
      toast.clear();
      onShow(undefined);
    },
  };
}
