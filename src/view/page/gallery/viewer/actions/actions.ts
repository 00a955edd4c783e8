import type { GalleryDetails, GalleryJob } from '../../../../gallery-api.ts';
import { copy } from '../../../shared/dom.ts';
import { originalUrl } from '../../records.ts';
import type { Keys } from '../keys.ts';
import { createButtons } from './buttons.ts';
import { type Copied, saidOf, textToCopy } from './copies.ts';
import { createDeletion } from './deletion.ts';
import { createFavourites } from './favourites.ts';

export interface ActionOptions {
  /** What is shown. */
  current(): { job: GalleryJob; index: number } | undefined;
  /** Throws what to tell the user. */
  detailsOf(id: string): Promise<GalleryDetails>;
  say(text: string): void;
  onPanel(): void;
  onDeleted(id: string): void;
  /** It may be gone all the same. */
  onNotDeleted(id: string): void;
}

/** What can be done with the picture or the job that is shown: by buttons, and by keys. */
export function createActions({ current, detailsOf, say, onPanel, onDeleted, onNotDeleted }: ActionOptions) {
  const deleting = new Set<string>();
  const favourites = createFavourites({ onChange: draw, onFailed: say });
  const deletion = createDeletion({
    onDelete: (id) => void deleting.add(id),
    onDeleted(id) {
      deleting.delete(id);
      onDeleted(id);
    },
    onFailed(id) {
      deleting.delete(id);
      onNotDeleted(id);
    },
    onKept: () => buttons.focusDelete(),
  });
  const buttons = createButtons({ onCopy, onFavourite, onDelete, onPanel });

  function draw(): void {
    const shown = current();
    if (!shown) {
      buttons.hide();
      return;
    }
    const { job, index } = shown;
    const output = job.outputs[index];
    const url = output && output.trusted !== false ? originalUrl(job.id, index) : undefined;
    buttons.show({ isPicture: output !== undefined, isFavourite: favourites.has(job), url });
  }

  async function onCopy(what: Copied): Promise<void> {
    const shown = current();
    if (!shown) return;
    try {
      const details = await detailsOf(shown.job.id);
      const text = textToCopy(what, details, shown.index);
      if (!text) return say('It was made without a prompt.');
      say((await copy(text)) ? saidOf(what, details) : 'This browser does not let it be copied.');
    } catch (error) {
      say((error as Error).message);
    }
  }

  function onFavourite(): void {
    const shown = current();
    if (shown?.job.outputs[shown.index]) void favourites.toggle(shown.job);
  }

  function onDelete(): void {
    const shown = current();
    if (shown && !deletion.isOpen()) deletion.ask(shown.job);
  }

  const keys: Keys = {
    f: onFavourite,
    d: buttons.download,
    Delete: onDelete,
    Backspace: onDelete,
    '?': buttons.toggleKeys,
  };
  return {
    elements: [buttons.element, deletion.element],
    keys,
    draw,
    showPanel: buttons.showPanel,
    /** The list knows a job anew. */
    settle: favourites.settle,
    isDeleting: (id: string): boolean => deleting.has(id),
    /** Closes a menu that hangs open, or the question; false if there is none. */
    back(): boolean {
      if (buttons.closeMenus()) return true;
      if (!deletion.isOpen()) return false;
      deletion.keep();
      return true;
    },
    /** Closes all of it, as something else is shown. */
    close(): void {
      buttons.closeMenus();
      deletion.close();
    },
  };
}
