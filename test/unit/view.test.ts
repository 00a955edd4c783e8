import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/built-in/index.ts';
import { createTools } from '../../src/tools/index.ts';
import { galleryPage, pageHtml, viewHtml } from '../../src/view/pages.ts';
import { LOCAL_SERVICES } from '../support/surface.ts';

const MAX_VIEW = 12_000;
const TOOLS = createTools(LOCAL_SERVICES, MODELS);

describe('the pages', () => {
  it('are small: the view takes less than 12 kB', () => {
    expect(Buffer.byteLength(viewHtml(TOOLS))).toBeLessThan(MAX_VIEW);
  });

  it('load nothing from anywhere and make no markup out of texts', () => {
    for (const html of [viewHtml(TOOLS), galleryPage(MODELS).html]) {
      expect(html).not.toMatch(/<(link|img|iframe|base)\b|@import|url\(|<script [^>]*src|https?:\/\//);
      expect(html).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function/);
    }
  });

  it('cannot be broken out of by their data', () => {
    const { html } = pageHtml('x', { script: '', style: '' }, '</script><script>alert(1)</script>');
    expect(html.match(/<script>/g)).toHaveLength(1);
  });
});
