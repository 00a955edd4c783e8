// The driver, as a bundle of its own. Bundled alone, a default export that is a function would come as something else.
export { default as postgres } from 'postgres';
