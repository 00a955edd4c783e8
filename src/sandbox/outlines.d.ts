/** The glyphs of a font as scripts/outlines.mjs makes them, in thousandths of the letters' height. */
declare module '*?outlines' {
  export const outlines: Record<string, readonly [advance: number, path: string]>;
}
