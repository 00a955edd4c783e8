import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/built-in/index.ts';
import { createTools } from '../../src/tools/index.ts';
import { galleryPage, pageHtml, viewHtml } from '../../src/view/pages.ts';
import { LOCAL_SERVICES } from '../support/surface.ts';

const MAX_VIEW = 20_000;
const TOOLS = createTools(LOCAL_SERVICES, MODELS);

describe('the pages', () => {
  it('are small: the view takes at most 20 kB', () => {
    expect(Buffer.byteLength(viewHtml())).toBeLessThanOrEqual(MAX_VIEW);
  });

  it('know by which tools models are called', () => {
    const { html } = galleryPage(MODELS);
    for (const { model, name } of TOOLS) if (model) expect(html).toContain(`["${model.title}","${name}",`);
  });

  it('load nothing from anywhere and make no markup out of texts', () => {
    for (const html of [viewHtml(), galleryPage(MODELS).html]) {
      expect(html).not.toMatch(
        /<(link|img|iframe|base)\b|@import|url\(|<script [^>]*src|https?:\/\/(?!www\.w3\.org\/2000\/svg)/,
      );
      expect(html).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function/);
    }
  });

  it('cannot be broken out of by their data', () => {
    const { html } = pageHtml('x', { script: '', style: '' }, '</script><script>alert(1)</script>');
    expect(html.match(/<script>/g)).toHaveLength(1);
  });
});
