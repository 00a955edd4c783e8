import { expect, it } from 'vitest';
import { isTemporary } from '../../src/stores/postgres/errors.ts';

// As the bundle has it, whose classes have other names.
const error = (code: string) => Object.assign(new Error('said by the database'), { name: 'be', code });

it.each([
  ['it is being started', '57P03'],
  ['it is being stopped', '57P01'],
  ['it has no connection left', '53300'],
  ["two transactions were in each other's way", '40P01'],
  ['it only reads, as a standby does', '25006'],
  ['nobody listens there', 'ECONNREFUSED'],
  ['the driver waited too long', 'CONNECT_TIMEOUT'],
])('a statement is tried again when %s', (_, code) => {
  expect(isTemporary(error(code))).toBe(true);
});

it.each([
  ['a right is missing', '42501'],
  ['the password is wrong', '28P01'],
  ['a rule of the tables would be broken', '23505'],
  ['nothing is said', ''],
])('it is not when %s', (_, code) => {
  expect(isTemporary(error(code))).toBe(false);
});
