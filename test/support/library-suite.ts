import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isOld, type Library, nameOf, sha256Of } from '../../src/images/library/library.ts';

/** A place that several replicas share, for the libraries of some accounts. */
export interface SharedPlace {
  /** What another replica has of an account. */
  open(account?: string, maxBytes?: number): Promise<Library>;
  /** Puts a picture back in time by so many ms. */
  age(name: string, ms: number): Promise<void>;
  /** Changes what is kept under a name. */
  damage(name: string): Promise<void>;
  /** Leaves what a writer that died has not finished, so many ms ago. */
  leaveHalf(ms: number): Promise<void>;
}

const type = 'image/png';
const HOUR = 3_600_000;
// In bytes: several pieces, the last of them not full.
const SIZE = (5 << 19) + 7;

const made = () => {
  const data = randomBytes(SIZE);
  const kept = { sha256: sha256Of(data), type };
  return { data, kept, name: nameOf(kept) };
};

async function contentOf(library: Library, kept: ReturnType<typeof made>['kept']) {
  const pieces: Buffer[] = [];
  for await (const piece of (await library.open(kept))?.content() ?? []) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Removes what is there as this replica lists it. */
async function removeAll(library: Library): Promise<void> {
  for (const listed of await library.list()) expect(await library.remove(listed)).toBe(true);
}

/** What every place promises to the replicas that share it. */
export function conformsAsLibrary(create: () => Promise<SharedPlace>): void {
  describe('a picture', () => {
    it('that one replica has put is found by the others, whole and by its name', async () => {
      const place = await create();
      const [one, two] = [await place.open(), await place.open()];
      const { data, kept, name } = made();
      expect([await two.has(kept), await two.read(kept), await two.open(kept)]).toEqual([
        false,
        undefined,
        undefined,
      ]);
      expect(await one.put(data, type)).toBe(kept.sha256);
      for (const library of [one, two]) {
        expect(await library.has(kept)).toBe(true);
        expect((await library.read(kept))?.equals(data)).toBe(true);
        const opened = await library.open(kept);
        expect(opened?.bytes).toBe(SIZE);
        await opened?.close();
        expect((await contentOf(library, kept)).equals(data)).toBe(true);
        expect(await library.list()).toMatchObject([{ name, bytes: SIZE }]);
        expect(await library.has({ ...kept, type: 'image/jpeg' })).toBe(false);
      }
      expect([one.written(), two.written()]).toEqual([SIZE, 0]);
    });

    it('is another account’s for nobody', async () => {
      const place = await create();
      const [mine, other] = [await place.open('a'.repeat(32)), await place.open('b'.repeat(32))];
      const { data, kept } = made();
      await mine.put(data, type);
      expect([await other.has(kept), await other.read(kept), await other.open(kept)]).toEqual([
        false,
        undefined,
        undefined,
      ]);
      expect(await other.list()).toEqual([]);
      await other.put(data, type);
      await removeAll(other);
      expect((await mine.read(kept))?.equals(data)).toBe(true);
    });

    it('may be put by many at once, and is there once', async () => {
      const place = await create();
      const { data, kept, name } = made();
      const libraries = await Promise.all(Array.from({ length: 6 }, () => place.open()));
      await Promise.all(libraries.map((library) => library.put(data, type)));
      expect(await libraries[0]?.list()).toMatchObject([{ name }]);
      for (const library of libraries) expect((await library.read(kept))?.equals(data)).toBe(true);
    });

    it('that another replica has removed is none, and is written again', async () => {
      const place = await create();
      const [one, two] = [await place.open(), await place.open()];
      const { data, kept } = made();
      await one.put(data, type);
      expect(await one.has(kept)).toBe(true);
      await removeAll(two);
      expect([await one.has(kept), await one.read(kept), await one.open(kept)]).toEqual([
        false,
        undefined,
        undefined,
      ]);
      await one.put(data, type);
      expect((await two.read(kept))?.equals(data)).toBe(true);
    });

    it('that is damaged is none, and is written again', async () => {
      const place = await create();
      const { data, kept, name } = made();
      await (await place.open()).put(data, type);
      await place.damage(name);
      const library = await place.open();
      expect([await library.has(kept), await library.read(kept), await library.open(kept)]).toEqual([
        false,
        undefined,
        undefined,
      ]);
      await library.put(data, type);
      expect((await library.read(kept))?.equals(data)).toBe(true);
      expect(await library.list()).toHaveLength(1);
    });

    it('that is larger than all of the library is not kept', async () => {
      const library = await (await create()).open(undefined, SIZE - 1);
      await expect(library.put(made().data, type)).rejects.toMatchObject({
        reason: 'it is larger than 2 MB',
      });
      expect(await library.obstacle()).toBeUndefined();
    });
  });

  describe('tidying by several', () => {
    it('removes nothing that another has put again since it was listed', async () => {
      const place = await create();
      const [one, two] = [await place.open(), await place.open()];
      const { data, kept, name } = made();
      await one.put(data, type);
      await place.age(name, 2 * HOUR);
      const [listed] = await one.list();
      await two.put(data, type);
      expect(await one.remove(listed as NonNullable<typeof listed>)).toBe(false);
      expect((await two.read(kept))?.equals(data)).toBe(true);
    });

    it('removes the same once, and both call it gone', async () => {
      const place = await create();
      const [one, two] = [await place.open(), await place.open()];
      await one.put(made().data, type);
      const [listed] = await one.list();
      const both = [one, two].map((library) => library.remove(listed as NonNullable<typeof listed>));
      expect(await Promise.all(both)).toEqual([true, true]);
      expect(await one.list()).toEqual([]);
    });

    it('sees what a dead writer left, which nobody reads, and removes it', async () => {
      const place = await create();
      await place.leaveHalf(2 * HOUR);
      const library = await place.open();
      const [half] = await library.list();
      expect(half).toMatchObject({ name: undefined });
      expect(isOld(half as NonNullable<typeof half>, Date.now() + (await library.skew()))).toBe(true);
      await removeAll(library);
      expect(await library.list()).toEqual([]);
    });

    it('dates what is put by one clock, whatever the replicas’ own say', async () => {
      const place = await create();
      const library = await place.open();
      const { data, name } = made();
      await library.put(data, type);
      const isYoung = async () => {
        const [listed] = await library.list();
        return !isOld(listed as NonNullable<typeof listed>, Date.now() + (await library.skew()));
      };
      expect(await isYoung()).toBe(true);
      await place.age(name, 2 * HOUR);
      expect(await isYoung()).toBe(false);
      await library.put(data, type);
      expect(await isYoung()).toBe(true);
    });
  });
}
