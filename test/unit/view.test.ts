import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/built-in/index.ts';
import { galleryPage } from '../../src/view/gallery.ts';
import { pageHtml } from '../../src/view/html.ts';
import { viewHtml } from '../../src/view/view.ts';

const MAX_VIEW = 12_000;

describe('the pages', () => {
  it('are small: the view takes less than 12 kB', () => {
    expect(Buffer.byteLength(viewHtml(MODELS))).toBeLessThan(MAX_VIEW);
  });

  it('load nothing from anywhere and make no markup out of texts', () => {
    for (const html of [viewHtml(MODELS), galleryPage(MODELS).html]) {
      expect(html).not.toMatch(/<(link|img|iframe|base)\b|@import|url\(|<script [^>]*src|https?:\/\//);
      expect(html).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function/);
    }
  });

  it('cannot be broken out of by their data', () => {
    const { html } = pageHtml({
      title: 'x',
      script: '',
      style: '',
      data: '</script><script>alert(1)</script>',
    });
    expect(html.match(/<script>/g)).toHaveLength(1);
  });
});
