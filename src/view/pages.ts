import { createHash } from 'node:crypto';
import type { Model } from '../models/define.ts';
import { toolNames } from '../tools/support/tool-names.ts';
import * as chatApp from './page/chat/app.ts?page';
import * as galleryApp from './page/gallery/app.ts?page';

/** The page that a host shows in the chat for a paid call. What it knows of models it is told with a job. */
export const viewHtml = (): string => pageHtml('Images', chatApp).html;

/** The page with all recorded jobs, and the content security policy that lets it do no more than it has to. */
export function galleryPage(models: readonly Model[]): { html: string; policy: string } {
  const names = toolNames(
    models.map(({ id }) => id),
    [],
  );
  const data = {
    models: Object.fromEntries(models.map((model) => modelData(model, names.get(model.id) ?? ''))),
  };
  const { html, script } = pageHtml('Image jobs', galleryApp, data);
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(galleryApp.style)}`,
    "img-src 'self'",
    "media-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return { html, policy: policy.join('; ') };
}

/** What page/gallery/models.ts knows of a model. */
const modelData = ({ id, title, input }: Model, tool: string) =>
  [id, [title, tool, 'seed' in input.shape]] as const;

/** A page in one file that loads nothing else, and its script as it stands there; `data` is what the script reads. */
export function pageHtml(
  title: string,
  { script, style }: { script: string; style: string },
  data?: unknown,
) {
  // "<" would let a text in the data end the script.
  const known = data === undefined ? '' : `const data=${JSON.stringify(data).replaceAll('<', '\\u003c')};`;
  const whole = `${known}${script}`;
  // Without a viewport of its own width, a phone shows a page as a desktop would, small.
  const meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">';
  const head = `${meta}<title>${title}</title><style>${style}</style>`;
  return {
    html: `<!doctype html><html lang="en"><head>${head}</head><body><script>${whole}</script>`,
    script: whole,
  };
}
