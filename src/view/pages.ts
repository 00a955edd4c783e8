import { createHash } from 'node:crypto';
import type { Model } from '../models/define.ts';
import type { Tool } from '../tools/support/define.ts';
import * as chatApp from './page/chat-app.ts?page';
import * as galleryApp from './page/gallery-app.ts?page';

/** The page that a host shows in the chat for a job of these tools. */
export const viewHtml = (tools: readonly Tool[]): string => {
  const ofModels = tools.flatMap(({ name, model }) => (model ? [modelData(model, name)] : []));
  return pageHtml('Images by RunComfy', chatApp, Object.fromEntries(ofModels)).html;
};

/** The page with all recorded jobs, and the content security policy that lets it do no more than it has to. */
export function galleryPage(models: readonly Model[]): { html: string; policy: string } {
  const data = Object.fromEntries(models.map((model) => modelData(model, '')));
  const { html, script } = pageHtml('Image jobs', galleryApp, data);
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(galleryApp.style)}`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return { html, policy: policy.join('; ') };
}

/** What page/models.ts knows of a model. */
const modelData = ({ id, title, input }: Model, tool: string) =>
  [id, [title, tool, 'seed' in input.shape]] as const;

/** A page in one file that loads nothing else, and its script as it stands there; `data` is what the script reads. */
export function pageHtml(title: string, { script, style }: { script: string; style: string }, data: unknown) {
  // "<" would let a text in the data end the script.
  const whole = `const data=${JSON.stringify(data).replaceAll('<', '\\u003c')};${script}`;
  const head = `<meta charset="utf-8"><title>${title}</title><style>${style}</style>`;
  return {
    html: `<!doctype html><html lang="en"><head>${head}</head><body><script>${whole}</script></body></html>`,
    script: whole,
  };
}
