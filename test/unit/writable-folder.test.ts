import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createFolderOpener } from '../../src/images/folders/writable-folder.ts';
import { canFillDisks, smallDisk } from '../support/disk.ts';
import { freshDataDir } from '../support/program.ts';

/** A home folder with the user's output folder, a project that is a client's root, and a folder that is neither. */
function places() {
  const home = freshDataDir();
  const [output, project, outside] = ['output', 'project', 'outside'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  for (const folder of [output, join(project, 'assets/img'), join(project, '.git'), outside])
    mkdirSync(folder, { recursive: true });
  return { home, output, project, outside };
}
type Places = ReturnType<typeof places>;

describe.each([
  ['where the system tells what is open', undefined],
  ['where it does not', '/nonexistent'],
])('a folder to save in, %s', (_, openFiles) => {
  const opener = ({ home, output }: Places) =>
    createFolderOpener({ folders: [output], homeDir: home }, openFiles);

  /** Saves a file in a folder and tells the path of it. */
  function save(at: Places, folder: string | undefined, withFolder = opener(at)) {
    const work = async ({ prefix, path }: { prefix: string; path: string }) => {
      await writeFile(join(prefix, 'a.png'), 'a', { flag: 'wx' });
      return join(path, 'a.png');
    };
    return withFolder(folder, work, async () => [at.project]);
  }

  it.each<[what: string, given: (at: Places) => string | undefined, folder: string]>([
    ['none', () => undefined, 'output'],
    ['the output folder', ({ output }) => output, 'output'],
    ['one below it', ({ output }) => join(output, 'a/b/c'), 'output/a/b/c'],
    ['a root of the client', ({ project }) => `${project}/`, 'project'],
    ['one below it that exists', ({ project }) => join(project, 'assets'), 'project/assets'],
    ['one below it that does not', ({ project }) => join(project, 'public/new'), 'project/public/new'],
    ['a file URL', ({ project }) => pathToFileURL(join(project, 'a b')).href, 'project/a b'],
    ['one from the home folder', () => '~/project/assets', 'project/assets'],
    ['a relative one that a root has', () => 'assets/img', 'project/assets/img'],
    ['a relative one that none has', () => 'new/one', 'output/new/one'],
    ['a relative one that leads from one to the other', () => '../project/assets', 'project/assets'],
    ['the first of all', () => '.', 'output'],
    ['letters of all scripts', () => '図/ä b', 'output/図/ä b'],
    ['a way around', ({ project }) => `${project}/none/../assets`, 'project/assets'],
  ])('may be %s', async (_, given, folder) => {
    const at = places();
    expect(await save(at, given(at))).toBe(join(at.home, folder, 'a.png'));
    expect(readdirSync(join(at.home, folder))).toContain('a.png');
  });

  it('may be a link that stays inside', async () => {
    const at = places();
    symlinkSync(join(at.project, 'assets'), join(at.project, 'pictures'));
    expect(await save(at, 'pictures/img')).toBe(join(at.project, 'assets/img/a.png'));
    expect(await save(at, join(at.project, 'pictures/new'))).toBe(join(at.project, 'assets/new/a.png'));
  });

  const OUTSIDE = 'is outside of the folders where files may be saved (';
  const LINK = 'is a link that leads out of the folders where files may be saved';
  const HIDDEN = "is hidden: below the client's folders, no name may begin with a dot";
  it.each<[what: string, given: (at: Places) => string, why: string]>([
    ['outside', ({ outside }) => outside, OUTSIDE],
    ['outside, and not there', ({ outside }) => join(outside, 'new'), OUTSIDE],
    ['by way of ..', ({ output }) => `${output}/../outside`, OUTSIDE],
    ['relative, by way of ..', () => '../outside', OUTSIDE],
    ['what begins alike', ({ output }) => `${output}-not`, OUTSIDE],
    ['the root of the disk', () => '/', OUTSIDE],
    ['the home folder', () => '~', OUTSIDE],
    ['a hidden folder of the home folder', () => '~/.ssh', OUTSIDE],
    ['on another machine', () => 'file://server/share', 'is no file URL of this machine'],
    [
      'a link out',
      ({ project, outside }) => {
        symlinkSync(outside, join(project, 'door'));
        return join(project, 'door');
      },
      LINK,
    ],
    [
      'below a link out',
      ({ output, outside }) => {
        symlinkSync(outside, join(output, 'door'));
        return join(output, 'door/new');
      },
      LINK,
    ],
    [
      'a link to a hidden folder',
      ({ project }) => {
        symlinkSync('.git', join(project, 'door'));
        return join(project, 'door/hooks');
      },
      LINK,
    ],
    [
      'a link to what is not there yet',
      ({ project, outside }) => {
        symlinkSync(join(outside, 'new'), join(project, 'door'));
        return join(project, 'door');
      },
      'is a link that leads nowhere',
    ],
    [
      'below a link to what is not there yet',
      ({ project, outside }) => {
        symlinkSync(join(outside, 'new'), join(project, 'door'));
        return join(project, 'door/deeper');
      },
      'is a link that leads nowhere',
    ],
    ['hidden in a root', ({ project }) => join(project, '.git'), HIDDEN],
    ['hidden in a root, and new', ({ project }) => join(project, 'a/.ssh/b'), HIDDEN],
    [
      'a file',
      ({ project }) => {
        writeFileSync(join(project, 'file'), '');
        return join(project, 'file');
      },
      'is a file',
    ],
    [
      'below a file',
      ({ project }) => {
        writeFileSync(join(project, 'file'), '');
        return join(project, 'file/a');
      },
      'is below a file',
    ],
    ['a zero byte', () => 'a\0', 'cannot be written (ERR_INVALID_ARG_VALUE)'],
    [
      'a name that Windows would change',
      () => 'a/b./c',
      'cannot be made, as a name in it ends with a dot or blank',
    ],
    [
      'a new hidden one in the output folder',
      () => '.a',
      'cannot be made, as a name in it begins with a dot',
    ],
    [
      'a name that is too long',
      () => 'x'.repeat(200),
      'cannot be made, as a name in it is longer than 120 bytes',
    ],
    ['too many new ones', () => 'x/'.repeat(17), 'is more than 16 new folders deep'],
    ['longer than any path', () => 'x/'.repeat(5_000), 'is more than 16 new folders deep'],
  ])('is refused: %s', async (_, given, why) => {
    const at = places();
    const name = given(at);
    const before = readdirSync(at.home, { recursive: true }).sort();
    await expect(save(at, name)).rejects.toThrow(why);
    expect(readdirSync(at.home, { recursive: true }).sort()).toEqual(before);
  });

  it('lists where files may be saved', async () => {
    const at = places();
    await expect(save(at, at.outside)).rejects.toThrow(`(${at.output}, ${at.project})`);
  });

  it('is made again if the user removed it, below folders that are not there', async () => {
    const at = places();
    const withFolder = createFolderOpener({ folders: [join(at.home, 'x/y')], homeDir: at.home }, openFiles);
    expect(await save(at, undefined, withFolder)).toBe(join(at.home, 'x/y/a.png'));
    rmSync(join(at.home, 'x'), { recursive: true });
    expect(await save(at, 'z', withFolder)).toBe(join(at.home, 'x/y/z/a.png'));
    expect(statSync(join(at.home, 'x/y/z')).mode & 0o777).toBe(0o777 & ~process.umask());
  });

  it('is the one that the output folder was at first', async () => {
    const at = places();
    const withFolder = opener(at);
    await save(at, undefined, withFolder);
    renameSync(at.output, `${at.output}-away`);
    symlinkSync(at.outside, at.output);
    await expect(save(at, undefined, withFolder)).rejects.toThrow(LINK);
    await expect(save(at, 'new', withFolder)).rejects.toThrow(LINK);
    expect(readdirSync(at.outside)).toEqual([]);
  });

  it('may be below an output folder that was a link from the start', async () => {
    const at = places();
    const linked = join(at.home, 'linked');
    symlinkSync(at.outside, linked);
    const withFolder = createFolderOpener({ folders: [linked], homeDir: at.home }, openFiles);
    expect(await save(at, 'new', withFolder)).toBe(join(at.outside, 'new/a.png'));
  });

  it('does not ask the client for one of the user', async () => {
    const at = places();
    const roots = async (): Promise<string[]> => expect.fail('asked');
    for (const given of [undefined, at.output, '~/output/a']) await opener(at)(given, async () => {}, roots);
  });

  it('is no place for what was moved away meanwhile', async () => {
    const at = places();
    const work = async () => renameSync(join(at.output, 'a'), join(at.outside, 'a'));
    await expect(opener(at)('a', work)).rejects.toThrow('was changed while');
  });

  it.skipIf(process.platform !== 'linux')('comes back from /proc', async () => {
    const withFolder = createFolderOpener(
      { folders: ['/proc/runcomfy/a'], homeDir: '/nonexistent' },
      openFiles,
    );
    await expect(withFolder(undefined, async () => {})).rejects.toThrow('cannot be written (ENOENT)');
  });

  it.skipIf(!canFillDisks())('says that a disk is full or read-only', async () => {
    const { dataDir, fill } = smallDisk();
    const disk = join(dataDir, '..');
    const withFolder = createFolderOpener({ folders: [disk], homeDir: '/nonexistent' }, openFiles);
    await withFolder(undefined, async () => {});
    fill();
    for (let made = 0; made < 100 && existsSync(disk); made++)
      try {
        mkdirSync(join(disk, `f${made}`));
      } catch {}
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    await expect(withFolder(undefined, async () => {})).rejects.toThrow('cannot be written (EROFS)');
    await expect(withFolder('new', async () => {})).rejects.toThrow('cannot be written (EROFS)');
  });
});

/** Roots that a client may name by whatever path, below a project of another's making. */
describe('a root', () => {
  const withRoot = async (at: Places, root: string, folder: string) => {
    const withFolder = createFolderOpener({ folders: [at.output], homeDir: at.home });
    return withFolder(
      folder,
      async ({ path }) => path,
      async () => [root],
    );
  };

  it('that is a link is none', async () => {
    const at = places();
    const root = join(at.project, 'link');
    symlinkSync('/etc', root);
    await expect(withRoot(at, root, root)).rejects.toThrow('is outside of');
    await expect(withRoot(at, root, join(root, 'new'))).rejects.toThrow('is outside of');
  });

  it('below a link leads out', async () => {
    const at = places();
    symlinkSync(at.outside, join(at.project, 'link'));
    mkdirSync(join(at.outside, 'deep'));
    const root = join(at.project, 'link/deep');
    await expect(withRoot(at, root, root)).rejects.toThrow('is a link that leads out');
    await expect(withRoot(at, root, join(root, 'new'))).rejects.toThrow('is a link that leads out');
    expect(readdirSync(join(at.outside, 'deep'))).toEqual([]);
  });

  it('that is not there is none, until it comes', async () => {
    const at = places();
    const root = join(at.home, 'later');
    await expect(withRoot(at, root, root)).rejects.toThrow('is outside of');
    expect(existsSync(root)).toBe(false);
    mkdirSync(root);
    expect(await withRoot(at, root, root)).toBe(root);
  });

  it('counts where the home folder is a link, but not as the home folder by its other name', async () => {
    const at = places();
    const link = freshDataDir();
    symlinkSync(at.home, link);
    const withFolder = createFolderOpener({ folders: [at.output], homeDir: link });
    const open = (root: string) =>
      withFolder(
        root,
        async ({ path }) => path,
        async () => [root],
      );
    expect(await open(join(link, 'project'))).toBe(at.project);
    await expect(open(at.home)).rejects.toThrow('is outside of');
    expect(await open(at.project)).toBe(at.project);
  });
});
