import './panel.css';
import type { GalleryDetails, GalleryJob } from '../../../../gallery-api.ts';
import { copyButton, h } from '../../../shared/dom.ts';
import { titleOf } from '../../models.ts';
import type { Shown } from '../sequence.ts';
import { costText, fieldName, sizeText, tookText, valueText } from './facts.ts';
import { type ReferenceOptions, referenceList } from './references.ts';

export interface PanelOptions extends ReferenceOptions {
  /** The details are to be asked for once more. */
  onRetry(): void;
}

type Row = [name: string, value: string | undefined];

/** All that is known of what is shown. */
export function createPanel(options: PanelOptions) {
  const element = h('aside.sidebar', { ariaLabel: 'Details', tabIndex: 0 });
  let shownKey = '';

  /** Begins at the top with another picture, and stays where it is if this one has changed. */
  function replace({ id, index }: Shown, children: Node[]): void {
    const key = `${id}/${index}`;
    const isSame =
      children.length === element.children.length &&
      children.every((child, place) => child.isEqualNode(element.children[place] ?? null));
    // Who reads or marks what has not changed is not disturbed.
    if (key !== shownKey || !isSame) element.replaceChildren(...children);
    if (key !== shownKey) element.scrollTop = 0;
    shownKey = key;
  }

  return {
    element,
    /** What the list knows already, until the details are there. */
    showJob(shown: Shown, job: GalleryJob): void {
      replace(shown, [heading(job), promptOf(job), h('p.dim', { ariaBusy: 'true' }, 'Reading the details…')]);
    },
    showDetails(shown: Shown, details: GalleryDetails): void {
      const { seed, ...settings } = details.settings;
      const output = details.outputs[shown.index];
      const given = Object.entries(settings).map(([name, value]): Row => [fieldName(name), valueText(value)]);
      replace(shown, [
        heading(details),
        promptOf(details),
        // Without a picture it stands in its place.
        ...(details.error && output ? [h('p.error', {}, details.error)] : []),
        ...referenceList(details.references, options),
        ...section('Settings', [...given, ['Seed', seed === undefined ? undefined : valueText(seed)]]),
        ...section('About it', [
          ['File', output && sizeText(output)],
          ['Took', tookText(details)],
          ['Cost', costText(details)],
          ['Kept', output && (output.kept ? 'On this machine' : 'Not on this machine')],
        ]),
        ...savedPaths(output?.saved ?? []),
        ...(output?.trusted === false ? foreignUrl(output.url) : []),
      ]);
    },
    showProblem(shown: Shown, job: GalleryJob, error: string): void {
      const again = h('button', { onclick: options.onRetry }, 'Try again');
      replace(shown, [heading(job), promptOf(job), h('p.error', { role: 'alert' }, error), again]);
    },
    clear(): void {
      element.replaceChildren();
    },
  };
}

function heading({ model, submitted_at }: GalleryJob): HTMLElement {
  const when = submitted_at === undefined ? [] : [h('p.dim', {}, whenText(submitted_at))];
  return h('div.heading', {}, h('h2', { title: model }, titleOf(model)), ...when);
}

const whenText = (time: string): string =>
  new Date(time).toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short' });

const promptOf = ({ prompt }: GalleryJob): HTMLElement =>
  prompt ? h('p.prompt', { dir: 'auto' }, prompt) : h('p.dim', {}, 'Made without a prompt');

function section(title: string, rows: Row[]): Node[] {
  const shown = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [h('dt', {}, name), h('dd', { dir: 'auto' }, value)],
  );
  return shown.length > 0 ? [h('h3', {}, title), h('dl', {}, ...shown)] : [];
}

function savedPaths(paths: readonly string[]): Node[] {
  const items = paths.map((path) => h('li', {}, h('code', {}, path), copyButton('Copy', path)));
  return items.length > 0 ? [h('h3', {}, 'Saved'), h('ul', {}, ...items)] : [];
}

const foreignUrl = (url: string): Node[] => [
  h('h3', {}, 'Where it lies'),
  h('ul', {}, h('li', {}, h('code', {}, url), copyButton('Copy', url))),
];
