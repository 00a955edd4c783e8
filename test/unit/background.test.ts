import { expect, it } from 'vitest';
import { createBackgroundQueue } from '../../src/images/library/background.ts';

it('a queue starts another item while one takes long, and no more than it may at a time', async () => {
  const started: string[] = [];
  const ends: (() => void)[] = [];
  let idle = 0;
  const queue = createBackgroundQueue<string>({
    concurrency: 2,
    work(item) {
      started.push(item);
      return new Promise((resolve) => ends.push(resolve));
    },
    onIdle: () => {
      idle += 1;
    },
  });
  const add = (item: string) => {
    queue.add(item, item);
    queue.start();
  };
  add('a');
  add('b');
  expect(started).toEqual(['a', 'b']);
  add('c');
  expect(started).toEqual(['a', 'b']);
  ends[1]?.();
  await expect.poll(() => started).toEqual(['a', 'b', 'c']);
  for (const end of ends) end();
  await expect.poll(() => idle).toBe(2);
});
