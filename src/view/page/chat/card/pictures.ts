import { h } from '../../shared/dom.ts';
import { isActive, KINDS } from '../../shared/job.ts';
import type { Host } from '../host.ts';
import { aspectOf, type Place, type ShownJob } from '../job.ts';
import { nounOf, stateOf } from '../words.ts';
import { frameOf, imageOf, isSafe, linkTo, open, playerOf } from './output.ts';

/**
 * The pictures of a job: one alone, which opens the original, or several to pick from. Calls `onPick` with the one that
 * is picked whenever they are shown.
 */
export function createPictures(host: Host, onPick: (place: Place) => void) {
  const tiles = h('div');
  /** What is played, why a link is not followed, or a sheet. */
  const stage = h('div');
  const element = h('div.pictures', {}, tiles, stage);
  const name = `${Math.random()}`;
  /** What each tile shows. */
  const keys: string[] = [];
  let job: ShownJob;
  let picked = 0;
  let staged = '';

  function pick(index: number): void {
    picked = index;
    const place = job.places[index] as Place;
    const { output } = place;
    const url = output?.url ?? '';
    if (staged !== url) {
      staged = url;
      stage.replaceChildren(...stagedOf(place));
    }
    // One alone that is played has no picture besides.
    tiles.hidden = job.places.length < 2 && (stage.hasChildNodes() || !(output || isActive(place)));
    onPick(place);
  }

  function stagedOf({ output }: Place): Node[] {
    if (!output) return [];
    const { url, kind } = output;
    if (!isSafe(output))
      return [h('p.fine', {}, 'Not shown, as it is not on RunComfy: ', h('code', {}, url))];
    return kind === 'video' || kind === 'audio' ? [playerOf(kind, url, `The ${nounOf(output)}`)] : [];
  }

  function faceOf(place: Place): HTMLElement {
    const { output } = place;
    const aspect = aspectOf(place);
    if (output && !output.kind && isSafe(output)) {
      // The sheet holds what cannot be loaded.
      const onGone = () => {
        const { sheet: src } = job;
        if (src) stage.replaceChildren(h('img.loaded', { src, alt: 'All pictures on one sheet' }));
      };
      return imageOf(output, aspect, onGone);
    }
    const face = frameOf(aspect, wordOf(place));
    face.classList.toggle('empty', isActive(place));
    return face;
  }

  function wordOf(place: Place): string {
    const { output } = place;
    if (output) return output.kind ? KINDS[output.kind] : 'Not shown';
    return job.places.length > 1 ? stateOf(place) : '';
  }

  function tileOf(place: Place, index: number): HTMLElement {
    const { output, number } = place;
    const { length } = job.places;
    const face = faceOf(place);
    const url = output && isSafe(output) ? output.url : '';
    if (length < 2) {
      if (!url) return face;
      const link = linkTo(host, url, face);
      link.ariaLabel = 'See it large';
      return link;
    }
    const label = `Picture ${index + 1} of ${length}${output ? '' : `: ${stateOf(place)}`}`;
    const radio = h('input', { type: 'radio', name, ariaLabel: label, onchange: () => pick(index) });
    radio.checked = index === picked;
    const tile = h('label.tile', { ondblclick: () => url && void open(host, url) }, face, radio);
    if (job.isBatch) tile.dataset.number = String(number);
    return tile;
  }

  return {
    element,
    show(next: ShownJob): void {
      job = next;
      const { places } = job;
      const { length } = places;
      picked = Math.min(picked, length - 1);
      tiles.className = length > 1 ? 'grid' : 'alone';
      for (const [index, place] of places.entries()) {
        const { url, preview } = place.output ?? {};
        const key = JSON.stringify([length, url, preview?.length, stateOf(place)]);
        // A picture that is loaded again flickers.
        if (keys[index] === key) continue;
        keys[index] = key;
        const tile = tileOf(place, index);
        const old = tiles.children[index];
        const hasFocus = old?.contains(document.activeElement);
        if (old) old.replaceWith(tile);
        else tiles.append(tile);
        if (hasFocus) (tile.querySelector('input') ?? tile).focus();
      }
      keys.length = length;
      while (tiles.children.length > length) tiles.lastChild?.remove();
      pick(picked);
    },
  };
}
