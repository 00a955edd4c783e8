import { excerpt } from './excerpt.ts';

/**
 * Fields of replies, each read by itself: what else stands in a reply, and how much, costs nothing and fails nothing.
 * All are undefined for what is absent or of another form.
 */

// A whole number as JSON or as digits.
const DIGITS = /^\d{1,9}$/;
const DECIMAL = /^\d{1,12}(\.\d{1,12})?(e-?\d{1,2})?$/i;
// `toISOString` of years from 0 to 9999; others are longer and sort differently.
const ISO_LENGTH = 24;

/** The fields of a JSON value, which only an object has. */
export function fieldsOf(json: unknown): Record<string, unknown> {
  return isObject(json) ? (json as Record<string, unknown>) : {};
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** A word of a state, lower-cased. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.toLowerCase() : undefined;
}

/** Any date that can be read, as ISO 8601. */
export function dateOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return undefined;
  const iso = date.toISOString();
  return iso.length === ISO_LENGTH ? iso : undefined;
}

/** An amount of money in USD, as a number or as its digits. */
export function amountOf(value: unknown): number | undefined {
  const amount = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
  return typeof amount === 'number' && Number.isFinite(amount) && amount >= 0 ? amount : undefined;
}

/** An error number, which is positive. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** The words of an error body, looked for in the order of RunComfy's own clients. */
export function messageOf(json: unknown): string | undefined {
  const { error_message, message, error, detail } = fieldsOf(json);
  const told = [error_message, message, error, detail].find((value) => value !== '' && isText(value));
  return isObject(told) ? excerpt(told) : (told as string | undefined);
}

const isText = (value: unknown): boolean => typeof value === 'string' || isObject(value);
