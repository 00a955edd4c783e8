// What is used of jose: a bundle of its own, which holds no more than this.
export { createLocalJWKSet, jwtVerify } from 'jose';
