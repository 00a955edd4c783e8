import './actions.css';
import { h } from '../../../shared/dom.ts';
import { type Icon, icon } from '../../icons.ts';
import type { Copied } from './copies.ts';
import { createMenu, type MenuEntry } from './menu.ts';

export interface ButtonOptions {
  onCopy(what: Copied): void;
  onFavourite(): void;
  onDelete(): void;
  onPanel(): void;
}

/** What can be done with the picture that is shown, as a row of buttons. */
export function createButtons({ onCopy, onFavourite, onDelete, onPanel }: ButtonOptions) {
  let isMade = true;
  const ofJob = (label: string, what: Copied): MenuEntry => [label, () => onCopy(what), () => true];
  const ofPicture = (label: string, what: Copied): MenuEntry => [label, () => onCopy(what), () => isMade];
  const copy = createMenu('copy', 'Copy', [
    ofJob('Prompt', 'prompt'),
    ofPicture('Handle', 'handle'),
    'As a request to your agent',
    ofJob('Make it again', 'again'),
    ofPicture('Edit it…', 'edit'),
    ofPicture('Make variations', 'variations'),
  ]);
  const favourite = iconButton('heart', 'Favourite', 'F', onFavourite);
  favourite.classList.add('heart');
  const name = { ariaLabel: 'Download', title: 'Download (D)' };
  const download = h('a.button', { download: '', ...name }, icon('download'));
  const trash = iconButton('trash', 'Delete', 'Del', onDelete);
  const panel = iconButton('info', 'Details', 'I', onPanel);
  const keys = keyList();
  const ofShown = [copy.element, favourite, download, trash];
  return {
    element: h('div.deeds', { role: 'group', ariaLabel: 'Actions' }, ...ofShown, panel, keys.element),
    /** For a picture, or a job without any; `url` is where the file is, if it can be had. */
    show(shown: { isPicture: boolean; isFavourite: boolean; url: string | undefined }): void {
      const { isPicture, isFavourite, url } = shown;
      isMade = isPicture;
      for (const element of ofShown) element.hidden = false;
      favourite.hidden = !isPicture;
      favourite.ariaPressed = String(isFavourite);
      download.hidden = url === undefined;
      download.href = `${url}?download`;
    },
    /** There is nothing that they could be done with. */
    hide(): void {
      for (const element of ofShown) element.hidden = true;
    },
    showPanel(isOpen: boolean): void {
      panel.ariaPressed = String(isOpen);
    },
    /** Closes what hangs open below a button; false if nothing does. */
    closeMenus: (): boolean => [copy.close(), keys.show(false)].includes(true),
    toggleKeys: () => void keys.show(!keys.isShown()),
    download(): void {
      if (!download.hidden) download.click();
    },
    focusDelete: () => trash.focus(),
  };
}

/** A button with a drawing; its name and its key show when it is pointed at. */
export function iconButton(drawing: Icon, label: string, key: string, onclick: () => void) {
  // The event is no argument.
  return h(
    'button',
    { ariaLabel: label, title: `${label} (${key})`, onclick: () => onclick() },
    icon(drawing),
  );
}

const KEYS = [
  ['← →', 'previous, next'],
  ['Home End', 'first, last'],
  ['+ − 0', 'zoom, whole picture'],
  ['F', 'favourite'],
  ['D', 'download'],
  ['I', 'details'],
  ['Del', 'delete'],
  ['Esc', 'back'],
];

/** A button that lists the keys. */
function keyList() {
  const rows = KEYS.flatMap(([key = '', what = '']) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)]);
  const list = h('dl.menu.keys', { hidden: true }, ...rows);
  const isShown = () => !list.hidden;
  /** Returns whether that changes anything. */
  const show = (wanted: boolean): boolean => {
    if (wanted === isShown()) return false;
    list.hidden = !wanted;
    button.ariaExpanded = String(wanted);
    return true;
  };
  const button = iconButton('keys', 'Keys', '?', () => show(!isShown()));
  button.ariaExpanded = 'false';
  button.onblur = () => show(false);
  return { element: h('div.holder.of-keys', {}, button, list), show, isShown };
}
