import { describe, expect, it } from 'vitest';
import { outputsOf } from '../../src/runcomfy/outputs.ts';
import { messageOf, readCancel, readReply, readResult, readStatus } from '../../src/runcomfy/replies.ts';
import { excerpt, MAX_TEXT } from '../../src/runcomfy/sanitize.ts';

const URL_OF = 'https://playgrounds-storage-public.runcomfy.net/a.png';
const MANY = 20_000;
const DEEP = '['.repeat(100_000) + ']'.repeat(100_000);

/** A value of which every look at a field is counted. */
function counted<Value extends object>(value: Value) {
  const seen = { value, gets: 0 };
  seen.value = new Proxy(value, {
    get(target, name, receiver) {
      if (typeof name === 'string') seen.gets += 1;
      return Reflect.get(target, name, receiver);
    },
  });
  return seen;
}

/** A reply that lets itself be asked for single fields only. */
const closed = <Value extends object>(value: Value): Value =>
  new Proxy(value, {
    ownKeys() {
      throw new Error('all fields were listed');
    },
  });

describe('a reply is asked for the fields that are wanted, whatever else it holds', () => {
  it.each([
    ['a status', () => readStatus(closed({ status: 'in_queue', queue_position: 3 }))],
    ['a result', () => readResult(closed({ status: 'succeeded', output: URL_OF, cost: 1 }))],
    ['a cancellation', () => readCancel(closed({ outcome: 'cancelled' }))],
  ])('%s', (_, read) => {
    expect(read()).toBeDefined();
  });
});

describe('the work on an output is bounded', () => {
  it.each([
    ['a list', Array.from({ length: MANY }, () => 7)],
    ['an object', Object.fromEntries(Array.from({ length: MANY }, (_, index) => [`k${index}`, 7]))],
  ])('where it is %s of 20,000 values', (_, output) => {
    const seen = counted(output);
    expect(outputsOf(seen.value)).toEqual([]);
    expect(seen.gets).toBeLessThan(25_000);
  });

  it('where it is nested deeply', () => {
    expect(outputsOf(JSON.parse(DEEP))).toEqual([]);
  });

  it('and a URL of 12 MB is none', () => {
    const output = { images: [`https://a.runcomfy.net/${'x'.repeat(12 << 20)}`, URL_OF] };
    expect(outputsOf(output).map(({ url }) => url)).toEqual([URL_OF]);
  });

  it('and a URL of 5 kB is none either', () => {
    expect(outputsOf(`https://a.runcomfy.net/${'x'.repeat(5_000)}`)).toEqual([]);
  });

  it('and of many URLs 100 are told', () => {
    expect(outputsOf(Array.from({ length: 150 }, (_, index) => `${URL_OF}?${index}`))).toHaveLength(100);
  });

  it('and many long URLs are cut to fewer, in order', () => {
    const urls = Array.from(
      { length: 1_000 },
      (_, index) => `https://a.runcomfy.net/${index}${'x'.repeat(4_000)}`,
    );
    const found = outputsOf(urls).map(({ url }) => url);
    expect(found).toEqual(urls.slice(0, found.length));
    expect(found.join('').length).toBeGreaterThan(90_000);
    expect(found.join('').length).toBeLessThanOrEqual(100_000);
  });

  it('and as many as RunComfy may make of one job are all told', () => {
    const urls = Array.from(
      { length: 40 },
      (_, index) => `https://a.runcomfy.net/${index}?s=${'x'.repeat(2_000)}`,
    );
    expect(outputsOf({ images: urls })).toHaveLength(40);
  });
});

describe('an excerpt', () => {
  it.each([
    [{ why: 1 }, '{"why":1}'],
    [[{ msg: 'bad', loc: ['a', null] }, true], '[{"msg":"bad","loc":["a",null]},true]'],
    [JSON.parse('{"__proto__":{"a":1},"constructor":2}'), '{"__proto__":{"a":1},"constructor":2}'],
    [{}, '{}'],
  ])('of %j is all of it', (value, text) => {
    expect(excerpt(value)).toBe(text);
  });

  it.each([
    ['a list', Array.from({ length: MANY }, () => 'word')],
    ['an object', Object.fromEntries(Array.from({ length: MANY }, (_, index) => [`k${index}`, 7]))],
  ])('of %s of 20,000 values is its beginning', (_, value) => {
    const seen = counted(value);
    expect(excerpt(seen.value).length).toBeLessThan(MAX_TEXT + 100);
    expect(seen.gets).toBeLessThan(MAX_TEXT);
  });

  it('of something that is nested deeply is its beginning', () => {
    expect(excerpt(JSON.parse(DEEP))).toBe('[[[[[[[[…]]]]]]]]');
  });
});

describe('replies that are nested deeply', () => {
  it.each([
    ['an error', { error: JSON.parse(DEEP) }],
    ['a number', { error_code: JSON.parse(DEEP), code: JSON.parse(DEEP) }],
    ['details', { detail: JSON.parse(DEEP) }],
    ['a state', { status: JSON.parse(DEEP), outcome: JSON.parse(DEEP) }],
    [
      'all of a result',
      { status: 'failed', output: JSON.parse(DEEP), cost: JSON.parse(DEEP), created_at: JSON.parse(DEEP) },
    ],
  ])('in %s fail nothing', (_, json) => {
    for (const read of [readResult, readStatus, readCancel, messageOf])
      expect(() => read(json)).not.toThrow();
  });

  it('leave their numbers readable', () => {
    expect(readReply({ status: 500, text: `{"error":${DEEP},"error_code":400002}` }).number).toBe(400002);
  });
});

describe('what is kept of a result', () => {
  it.each([
    ['model_id', `x/${'x'.repeat(1 << 20)}`],
    ['model_id', 'a/b\u0007<script>'],
    ['model_id', 7],
    ['created_at', `2026-01-01T00:00:00Z${' '.repeat(1 << 20)}`],
    ['created_at', '+275760-09-13T00:00:00Z'],
    ['finished_at', 'soon'],
  ])('is no such %s', (name, value) => {
    expect(readResult({ status: 'succeeded', [name]: value })).toEqual({ state: 'succeeded', urls: [] });
  });

  it('is not what only its prototype would say', () => {
    const json = JSON.parse(
      '{"__proto__":{"status":"succeeded","error":"x"},"constructor":{"status":"failed"}}',
    );
    for (const read of [readResult, readStatus, readCancel]) expect(read(json)).toBeUndefined();
    const output = JSON.parse(`{"__proto__":{"image":"${URL_OF}"},"toString":7}`);
    expect(outputsOf(output).map(({ url }) => url)).toEqual([URL_OF]);
  });
});
