import type { GalleryJob } from '../../../../gallery-api.ts';
import { h } from '../../../shared/dom.ts';
import { KINDS } from '../../../shared/job.ts';
import { icon } from '../../icons.ts';
import { pictureUrl } from '../../records.ts';
import type { Shown } from '../sequence.ts';

/** The outputs of one job, if it has several. */
export function createStrip(onOpen: (shown: Shown) => void) {
  const element = h('div.siblings', { role: 'group', ariaLabel: 'Pictures of this job', hidden: true });
  let drawn = '';
  return {
    element,
    show({ id, outputs }: GalleryJob, current: number): void {
      element.hidden = outputs.length < 2;
      const now = JSON.stringify([id, outputs]);
      // A button that has the focus stays.
      if (now !== drawn) element.replaceChildren(...(element.hidden ? [] : buttonsOf(id, outputs)));
      drawn = now;
      for (const [index, button] of [...element.children].entries()) {
        button.ariaCurrent = String(index === current);
        if (index === current) button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
      }
    },
  };

  function buttonsOf(id: string, outputs: GalleryJob['outputs']): Node[] {
    return outputs.map(({ kind, trusted }, index) => {
      const ariaLabel = `${kind === 'image' ? 'Picture' : KINDS[kind]} ${index + 1} of this job`;
      const isPicture = kind === 'image' && trusted !== false;
      const button = h('button', { ariaLabel, onclick: () => onOpen({ id, index }) }, icon(kind));
      const image = new Image();
      image.onload = () => button.replaceChildren(image);
      image.className = 'loaded';
      image.alt = '';
      if (isPicture) image.src = pictureUrl(id, index);
      return button;
    });
  }
}
