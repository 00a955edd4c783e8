import { describe, expect, it } from 'vitest';
import { outputsOf } from '../../src/runcomfy/outputs.ts';
import {
  messageOf,
  readBalance,
  readCancel,
  readReply,
  readResult,
  readStatus,
} from '../../src/runcomfy/replies.ts';

const A = 'https://a.runcomfy.net/x%3D/1.png';
const B = 'https://a.runcomfy.net/2.png';

describe('outputsOf', () => {
  it.each([
    [{ image: A }, [A]],
    [{ images: [A, B] }, [A, B]],
    [{ images: [{ url: A }, { url: B }] }, [A, B]],
    [{ video: { url: A } }, [A]],
    [{ images: [B, A, B], image: A }, [B, A]],
    [A, [A]],
    [
      [A, B],
      [A, B],
    ],
    [{ text: 'see https://example.com for more', seed: 7, none: null }, []],
    [undefined, []],
    [{ a: { b: { c: { d: { e: { f: { g: A } } } } } } }, []],
  ])('of %j', (output, urls) => {
    expect(outputsOf(output).map(({ url }) => url)).toEqual(urls);
  });
});

describe('the kind of an output', () => {
  const F = 'https://a.runcomfy.net/film.mp4';
  it.each([
    [{ image: F }, ['image']],
    [{ video: A }, ['video']],
    [{ videos: [{ url: A, thumbnail: { url: B } }] }, ['video', 'image']],
    [{ audio: { url: A }, images: [B] }, ['audio', 'image']],
    [
      [F, A, 'https://a.runcomfy.net/s.wav?x=1'],
      ['video', 'image', 'audio'],
    ],
  ])('of %j', (output, kinds) => {
    expect(outputsOf(output).map(({ kind }) => kind)).toEqual(kinds);
  });

  it('is told where it is not images alone', () => {
    expect(readResult({ status: 'succeeded', output: { image: A } })?.kinds).toBeUndefined();
    expect(readResult({ status: 'succeeded', output: { video: A } })).toMatchObject({ kinds: ['video'] });
  });
});

describe('readResult', () => {
  it('takes URLs from the output only, not from an echoed input', () => {
    const seen = readResult({ status: 'succeeded', input: { image_urls: [B] }, output: { image: A } });
    expect(seen?.urls).toEqual([A]);
  });

  it.each([
    ['succeeded', {}, 'succeeded'],
    ['completed', { output: { image: A } }, 'succeeded'],
    ['completed', { error: 'no' }, 'failed'],
    ['FAILED', {}, 'failed'],
    ['canceled', {}, 'cancelled'],
    ['waiting', {}, 'in_queue'],
    ['starting', {}, 'in_progress'],
    ['reticulating', {}, 'in_progress'],
  ])('%s', (status, rest, state) => {
    expect(readResult({ status, ...rest })?.state).toBe(state);
  });

  it.each([
    [0.034, 0.034],
    ['0.034', 0.034],
    [null, undefined],
    [0, 0],
    ['1e-3', 0.001],
  ])('reads the cost %j', (cost, cost_usd) => {
    expect(readResult({ status: 'succeeded', cost })?.cost_usd).toBe(cost_usd);
  });

  const NO_COSTS = [
    'free',
    '',
    ' ',
    '1e999',
    'Infinity',
    '-1',
    '0x10',
    -1,
    true,
    [],
    [1],
    {},
    Number.NaN,
    Number.POSITIVE_INFINITY,
  ];
  it.each(NO_COSTS)('reads no cost in %j', (cost) => {
    expect(readResult({ status: 'succeeded', cost })?.cost_usd).toBeUndefined();
  });

  it('reads an error that is an object', () => {
    expect(readResult({ status: 'failed', error: { message: 'too dark' } })?.error).toBe('too dark');
    expect(readResult({ status: 'failed', error: { why: 1 } })?.error).toBe('{"why":1}');
  });

  it('is undefined for what is no result', () => {
    for (const json of [undefined, null, 'ok', [], {}, { status: 7 }])
      expect(readResult(json)).toBeUndefined();
  });
});

describe('the other replies', () => {
  it('read a status forgivingly', () => {
    expect(readStatus({ status: 'in_queue', queue_position: null })).toEqual({ state: 'in_queue' });
    expect(readStatus({ status: 'in_queue', queue_position: 0 })).toEqual({
      state: 'in_queue',
      queue_position: 0,
    });
    expect(readStatus({ status: 'completed' })).toEqual({ state: 'ended' });
    expect(readStatus({ status: 'odd' })).toEqual({ state: 'in_progress' });
  });

  it('let the outcome of a cancel win', () => {
    expect(readCancel({ status: 'cancelled', outcome: 'not_cancellable' })).toBe('not_cancellable');
    expect(readCancel({ status: 'cancelled' })).toBe('cancelled');
    expect(readCancel({})).toBeUndefined();
  });

  it.each([
    [{ error_code: 400002, error_message: 'a', message: 'b' }, 400002, true, 'a'],
    [{ code: '404001', message: 'b', error: 'c' }, 404001, false, 'b'],
    [{ error_code: 'E_BAD', code: 7 }, 7, false],
    [{ error_code: 10001 }, 10001, false],
    [{ error: 'c', detail: 'd' }, undefined, false, 'c'],
    [{ detail: [{ msg: 'bad' }] }, undefined, false, '[{"msg":"bad"}]'],
    ['<html>', undefined, false],
    [{ error_code: true }, undefined, false],
    [{ error_code: '4e5' }, undefined, false],
    [{ error_code: [400002] }, undefined, false],
    [{ error_code: -1, code: '' }, undefined, false],
  ])('find the problem in %j', (json, number, isOwnNumber, message?: string) => {
    expect(readReply({ status: 500, text: JSON.stringify(json) })).toMatchObject({ number, isOwnNumber });
    expect(messageOf(json)).toBe(message);
  });

  it('tell a balance, which may be below zero', () => {
    expect(readBalance({ balance_usd: -0.5 })).toBe(-0.5);
    for (const balance_usd of ['5', null, Number.POSITIVE_INFINITY])
      expect(readBalance({ balance_usd })).toBeUndefined();
  });
});
