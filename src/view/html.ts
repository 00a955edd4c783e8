/** What a page is made of: its bundled script and styles, and the `data` that its script reads. */
export interface PageParts {
  title: string;
  script: string;
  style: string;
  data: unknown;
}

/** A whole page in one file, which loads nothing else, and its script as it stands there. */
export function pageHtml({ title, script, style, data }: PageParts): { html: string; script: string } {
  // "<" would let a text in the data end the script.
  const whole = `const data=${JSON.stringify(data).replaceAll('<', '\\u003c')};${script}`;
  const head = `<meta charset="utf-8"><title>${title}</title><style>${style}</style>`;
  return {
    html: `<!doctype html><html lang="en"><head>${head}</head><body><script>${whole}</script></body></html>`,
    script: whole,
  };
}
