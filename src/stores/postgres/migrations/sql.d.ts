/** A SQL file as text, by esbuild in the bundle and by vite in tests. */
declare module '*.sql?raw' {
  const text: string;
  export default text;
}
