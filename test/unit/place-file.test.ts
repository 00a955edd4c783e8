import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { placeFile } from '../../src/images/saving/place-file.ts';

const NAME = { stem: 'fox', extension: 'png' };

/** A folder with a temporary file in it. */
function start(content = 'a fox') {
  const folder = mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'place-'));
  const temporary = join(folder, '.temporary');
  writeFileSync(temporary, content);
  const names = () => readdirSync(folder).filter((name) => !name.startsWith('.'));
  return { folder, temporary, names };
}

/** As a disk without hard links answers. */
const refuseLink = async () => {
  throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
};

describe.each([
  ['with hard links', undefined],
  ['without hard links', refuseLink],
])('on a disk %s', (_, link) => {
  it('a file gets its name, whole', async () => {
    const { folder, temporary, names } = start();
    expect(await placeFile(temporary, folder, NAME, link)).toEqual({ name: 'fox.png', isNew: true });
    expect(names()).toEqual(['fox.png']);
    expect(readFileSync(join(folder, 'fox.png'), 'utf8')).toBe('a fox');
  });

  it('a file of the same content stands for it', async () => {
    const { folder, temporary, names } = start();
    await placeFile(temporary, folder, NAME, link);
    expect(await placeFile(temporary, folder, NAME, link)).toEqual({ name: 'fox.png', isNew: false });
    expect(names()).toEqual(['fox.png']);
  });

  it.each([
    ['another file', (path: string) => writeFileSync(path, 'an owl')],
    ['another file of its size', (path: string) => writeFileSync(path, 'a cat')],
    ['a folder', (path: string) => mkdirSync(path)],
    ['a link to nothing', (path: string) => symlinkSync(`${path}.nothing`, path)],
    [
      'a link to the same content',
      (path: string) => {
        writeFileSync(`${path}.same`, 'a fox');
        symlinkSync(`${path}.same`, path);
      },
    ],
  ])('%s stays as it is', async (_, put) => {
    const { folder, temporary } = start();
    put(join(folder, 'fox.png'));
    const before = readdirSync(folder);
    expect(await placeFile(temporary, folder, NAME, link)).toEqual({ name: 'fox_2.png', isNew: true });
    expect(readdirSync(folder).sort()).toEqual([...before, 'fox_2.png'].sort());
    expect(readFileSync(join(folder, 'fox_2.png'), 'utf8')).toBe('a fox');
  });

  it('of many at once each gets a name of its own', async () => {
    const { folder, names } = start();
    const placed = Array.from({ length: 20 }, async (_, index) => {
      const temporary = join(folder, `.${index}`);
      writeFileSync(temporary, `fox ${index % 10}`);
      return placeFile(temporary, folder, NAME, link);
    });
    await Promise.all(placed);
    const contents = names().map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(new Set(contents).size).toBe(10);
  });
});

describe('many namesakes', () => {
  const namesakes = (folder: string, count: number, content: (index: number) => string) => {
    writeFileSync(join(folder, 'fox.png'), content(1));
    for (let index = 2; index <= count; index++)
      writeFileSync(join(folder, `fox_${index}.png`), content(index));
  };

  it('are passed, and the same content is found among them', async () => {
    const { folder, temporary } = start();
    namesakes(folder, 300, (index) => `an owl ${index}`);
    expect(await placeFile(temporary, folder, NAME)).toEqual({ name: 'fox_301.png', isNew: true });
    copyFileSync(temporary, join(folder, 'fox_250.png'));
    expect(await placeFile(temporary, folder, NAME)).toEqual({ name: 'fox_250.png', isNew: false });
  });

  it('end at 10,000', async () => {
    const { folder, temporary } = start();
    namesakes(folder, 9_999, () => '');
    expect(await placeFile(temporary, folder, NAME)).toEqual({ name: 'fox_10000.png', isNew: true });
    const another = join(folder, '.another');
    writeFileSync(another, 'another');
    await expect(placeFile(another, folder, NAME)).rejects.toMatchObject({
      reason: 'there are 10000 other files of its name',
    });
  });
});
