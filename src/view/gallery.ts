import { createHash } from 'node:crypto';
import type { Model } from '../models/define.ts';
import { pageHtml } from './html.ts';
import { script, style } from './page/gallery.ts?page';

/** The page with all recorded jobs, and the content security policy that lets it do no more than it has to. */
export function galleryPage(models: readonly Model[]): { html: string; policy: string } {
  const data = Object.fromEntries(models.map(({ id, title }) => [id, title]));
  const page = pageHtml({ title: 'Image jobs', script, style, data });
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(page.script)}`,
    `style-src ${hash(style)}`,
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return { html: page.html, policy: policy.join('; ') };
}
