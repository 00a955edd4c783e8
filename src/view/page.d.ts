/** A page of src/view/page as scripts/page.mjs makes it. */
declare module '*?page' {
  export const script: string;
  export const style: string;
}
