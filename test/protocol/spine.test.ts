import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import type { JobStore, StoreOptions } from '../../src/jobs/store.ts';
import type * as program from '../../src/program.ts';
import type { Stores, StoresOptions } from '../../src/runtime.ts';
import type * as memory from '../../src/stores/memory.ts';
import { connect } from '../support/program.ts';
import { loadTraced } from '../support/trace.ts';

/** How many own files a successful call may pass: before its POST is sent, its store counted as one, and in all. */
const MAX_FILES = { beforePost: 10, inAll: 26 };
/** How many files a store is, in such a call, with what it writes and reads files with. */
const MAX_STORE_FILES = { beforePost: 11, inAll: 11 };

/** Files in the order in which they were first entered. */
class Path {
  readonly before = new Set<string>();
  readonly after = new Set<string>();
  /** Those of which an arrow function was called, before the POST or at any time. */
  readonly arrows = { before: new Set<string>(), all: new Set<string>() };

  enter(file: string, isArrow: boolean, isPosted: boolean): void {
    if (isArrow) {
      this.arrows.all.add(file);
      if (!isPosted) this.arrows.before.add(file);
    } else if (!this.before.has(file)) (isPosted ? this.after : this.before).add(file);
  }

  get all(): string[] {
    return [...this.before, ...this.after];
  }

  /** What a reader follows, of the files that are chosen. */
  lines(isChosen: (file: string) => boolean): string[] {
    const numbered = this.all.filter(isChosen).map((file, index) => `${index + 1}. ${file}`);
    numbered.splice([...this.before].filter(isChosen).length, 0, '— POST —');
    return numbered;
  }
}

const call = new AsyncLocalStorage<Path>();
let isPosted = () => false;
const traced = loadTraced<typeof program & typeof memory>(
  ['program.ts', 'stores/memory.ts'],
  (file, isArrow) => call.getStore()?.enter(file, isArrow, isPosted()),
);

/** What a successful call enters; the first call makes what all of them share, which is not part of one. */
async function pathOfCall(given: Parameters<typeof connect>[0]): Promise<Path> {
  const { createProgram } = await traced;
  const { client, sandbox } = await connect({ create: createProgram, ...given });
  const submits = () => sandbox.requests.filter(({ route }) => route === 'submit').length;
  const generate = (prompt: string) =>
    client.callTool({ name: 'gpt_image_2_text_to_image', arguments: { prompt } });
  await client.listTools();
  await generate('a cat');

  // RunComfy tells the cost with the result.
  sandbox.engine.planNext({ costUsd: 0.04 });
  const [path, earlier] = [new Path(), submits()];
  isPosted = () => submits() > earlier;
  const { isError } = await call.run(path, () => generate('a fox'));
  expect(isError).toBeUndefined();
  return path;
}

const isOfStore = (file: string) => /^(?:stores\/|(?:errors|json|whole-file)\.ts$)/.test(file);
const withStoreAsOne = (files: Iterable<string>) =>
  new Set([...files].map((file) => (isOfStore(file) ? 'the store' : file))).size;

type CreateStore = (options: StoreOptions) => JobStore;
const inMemory =
  (createStore: CreateStore) =>
  (options: StoresOptions): Stores => ({
    open: (account) => createStore({ ...options, account }),
    end: async () => {},
  });

/**
 * A file counts when one of its declared functions or methods is entered: arrow functions are callbacks and getters
 * here. What only they bring in is listed, so that nothing hides in them. Code of a call is what runs in its
 * asynchronous context, so the heartbeat of an earlier call is not part of it. The wait is the user's own, and no
 * previews are shown: else the table of hosts and the files of `media/` come on top.
 */
describe('a successful call', () => {
  it('passes few files up to the POST, and in all', async () => {
    const { createMemoryStore } = await traced;
    const path = await pathOfCall({ createStores: inMemory(createMemoryStore) });
    expect(path.lines(() => true).join('\n')).toMatchSnapshot('in order');
    const { before, all } = path.arrows;
    expect({
      beforePost: [...before].filter((file) => !path.before.has(file)).sort(),
      inAll: [...all].filter((file) => !path.all.includes(file)).sort(),
    }).toMatchSnapshot('by arrow functions only');
    expect(withStoreAsOne(path.before)).toBeLessThanOrEqual(MAX_FILES.beforePost);
    expect(path.all.length).toBeLessThanOrEqual(MAX_FILES.inAll);
  });

  it('passes few files of the file store, and otherwise the same', async () => {
    const { createMemoryStore } = await traced;
    const path = await pathOfCall({});
    expect(path.lines(isOfStore).join('\n')).toMatchSnapshot();
    expect([...path.before].filter(isOfStore).length).toBeLessThanOrEqual(MAX_STORE_FILES.beforePost);
    expect(path.all.filter(isOfStore).length).toBeLessThanOrEqual(MAX_STORE_FILES.inAll);
    const others = ({ before, all }: Path) =>
      [[...before], all].map((files) => files.filter((file) => !isOfStore(file)).sort());
    expect(others(path)).toEqual(others(await pathOfCall({ createStores: inMemory(createMemoryStore) })));
  });
});
