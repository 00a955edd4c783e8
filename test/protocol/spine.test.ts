import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it } from 'vitest';
import { connect } from '../helpers/program.ts';
import { loadTraced } from '../helpers/trace.ts';

/** How many own files a successful call may pass: before its POST is sent, and in all. To become 10 and 26. */
const MAX_FILES = { beforePost: 24, inAll: 44 };

/** Files in the order in which they were first entered. */
class Path {
  readonly before = new Set<string>();
  readonly after = new Set<string>();

  enter(file: string, isPosted: boolean): void {
    if (this.before.has(file)) return;
    (isPosted ? this.after : this.before).add(file);
  }

  get all(): string[] {
    return [...this.before, ...this.after];
  }
}

/**
 * A file counts when one of its declared functions or methods is entered: arrow functions are callbacks and getters
 * here. What only they bring in is listed, so that nothing hides in them. Code of a call is what runs in its
 * asynchronous context, so the heartbeat of an earlier call is not part of it.
 */
it('passes few files up to the POST, and in all', async () => {
  const call = new AsyncLocalStorage<Path>();
  const arrows = new Set<string>();
  let isPosted = () => false;
  const { createProgram } = await loadTraced<typeof import('../../src/program.ts')>(
    'program.ts',
    (file, isArrow) => {
      const path = call.getStore();
      if (path && isArrow) arrows.add(file);
      else path?.enter(file, isPosted());
    },
  );
  const { client, sandbox } = await connect({ create: createProgram });
  const submits = () => sandbox.requests.filter(({ route }) => route === 'submit').length;
  const generate = (prompt: string) =>
    client.callTool({ name: 'gpt_image_2_text_to_image', arguments: { prompt } });
  await client.listTools();
  // What the first call makes once for all of them is not part of a call.
  await generate('a cat');

  const [path, earlier] = [new Path(), submits()];
  isPosted = () => submits() > earlier;
  const { isError } = await call.run(path, () => generate('a fox'));

  expect(isError).toBeUndefined();
  const numbered = path.all.map((file, index) => `${index + 1}. ${file}`);
  numbered.splice(path.before.size, 0, '— POST —');
  const others = [...arrows].filter((file) => !path.all.includes(file)).sort();
  expect([...numbered, '', 'By arrow functions only:', ...others].join('\n')).toMatchSnapshot();
  expect(path.before.size).toBeLessThanOrEqual(MAX_FILES.beforePost);
  expect(path.all.length).toBeLessThanOrEqual(MAX_FILES.inAll);
});
