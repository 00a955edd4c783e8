export { fingerprintOf } from './calls.ts';
