/** A Markdown file as text, by esbuild in the bundle and by vite in tests. */
declare module '*.md?raw' {
  const text: string;
  export default text;
}
