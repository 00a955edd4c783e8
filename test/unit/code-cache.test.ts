import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { compile } from '../../src/startup/code-cache.ts';

const NAME = '0123456789abcdef-11.3.244.8-node.38-x64.bin';
const OLD = new Date(Date.now() - 31 * 86_400_000);
const scratch = () => mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'code-'));

/** A small program and the place for its code, in a folder that is not there yet. */
function program() {
  const dir = scratch();
  const file = join(dir, 'app.js');
  const functions = Array.from(
    { length: 20 },
    (_, index) => `function f${index}(a) { return a + ${index}; }`,
  );
  const body = `${functions.join('\n')} exports.sum = [${functions.map((_, index) => `f${index}(1)`)}].length;`;
  writeFileSync(file, `(function (exports, require, module, __filename, __dirname) { ${body} })`);
  const cache = join(dir, 'cache', NAME);

  /** Runs it, and tells whether that used the code that was kept. */
  function run(): { isKept: boolean; save: () => void } {
    const { run, save } = compile(file, cache);
    const exports = {} as { sum?: number };
    run(exports, require, {}, file, dir);
    expect(exports.sum).toBe(functions.length);
    return { isKept: save === undefined, save: save ?? (() => {}) };
  }
  return { dir, folder: dirname(cache), cache, run };
}

/** The same, of which one run has kept its code. */
function kept() {
  const made = program();
  made.run().save();
  expect(made.run().isKept).toBe(true);
  return made;
}

describe('compiled code', () => {
  it('is kept for its user alone and used again', () => {
    const { cache, folder } = kept();
    expect(lstatSync(cache).mode & 0o777).toBe(0o600);
    expect(lstatSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toEqual([NAME]);
  });

  // V8 checks some of its code and dies of most of the rest.
  it('is passed over with any one of its bytes damaged', () => {
    const { cache, run } = kept();
    const whole = readFileSync(cache);
    const accepted: number[] = [];
    for (const at of whole.keys()) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(cache, damaged);
      if (run().isKept) accepted.push(at);
    }
    expect(accepted).toEqual([]);
  });

  it('is passed over where it is cut short, goes on, or is nothing but zeros', () => {
    const { cache, run } = kept();
    const whole = readFileSync(cache);
    for (const length of [0, 1, 3, 4, 5, whole.length >> 1, whole.length - 1]) {
      writeFileSync(cache, whole.subarray(0, length));
      expect(run().isKept, `${length} bytes`).toBe(false);
    }
    for (const bytes of [
      Buffer.concat([whole, Buffer.alloc(1)]),
      Buffer.alloc(4),
      Buffer.alloc(whole.length),
    ]) {
      writeFileSync(cache, bytes);
      expect(run().isKept).toBe(false);
    }
  });
});

describe('the folder of compiled code', () => {
  it('is cleared of old files of its own, and of nothing else', () => {
    const { folder, run } = program();
    mkdirSync(folder, { mode: 0o700 });
    const own = [
      'fedcba9876543210-11.3.244.8-node.20-arm64.bin',
      'fedcba9876543210-12.4.254.21-node.33-x64-models.bin',
      `${NAME}.0123abcd.tmp`,
    ];
    const others = [
      'notes.txt',
      'photo.bin',
      '0123456789abcdef.bin',
      '4711.tmp',
      `my-${NAME}`,
      `${NAME}.bak`,
    ];
    for (const name of [...own, ...others]) writeFileSync(join(folder, name), '');
    symlinkSync('/nonexistent', join(folder, 'a-link'));
    mkdirSync(join(folder, 'fedcba9876543210-1.0-x64.bin'));
    for (const name of readdirSync(folder)) if (name !== 'a-link') utimesSync(join(folder, name), OLD, OLD);
    run().save();
    const left = [...others, 'a-link', 'fedcba9876543210-1.0-x64.bin', NAME];
    expect(readdirSync(folder).sort()).toEqual(left.sort());
  });

  it('keeps files of its own that are young', () => {
    const { folder, run } = program();
    mkdirSync(folder, { mode: 0o700 });
    const other = 'fedcba9876543210-11.3.244.8-node.20-arm64.bin';
    writeFileSync(join(folder, other), '');
    run().save();
    expect(readdirSync(folder).sort()).toEqual([NAME, other].sort());
  });
});

describe.skipIf(process.platform === 'win32')('what somebody planted', () => {
  const SECRET = 'a file of the user';
  function victim(dir: string) {
    const path = join(dir, 'victim');
    writeFileSync(path, SECRET);
    return { path, isUntouched: () => readFileSync(path, 'utf8') === SECRET };
  }

  it('as a link in place of the code is neither followed nor kept', () => {
    const { dir, cache, run } = kept();
    const elsewhere = join(dir, 'elsewhere.bin');
    renameSync(cache, elsewhere);
    symlinkSync(elsewhere, cache);
    const before = readFileSync(elsewhere);
    const { isKept, save } = run();
    expect(isKept).toBe(false);
    save();
    expect(readFileSync(elsewhere)).toEqual(before);
    expect(lstatSync(cache).isFile()).toBe(true);
    expect(run().isKept).toBe(true);
  });

  it('under a name that it is written under first is not written to', () => {
    const { dir, folder, cache, run } = program();
    mkdirSync(folder, { mode: 0o700 });
    const { path, isUntouched } = victim(dir);
    const { save } = run();
    symlinkSync(path, join(folder, `${process.pid}.tmp`));
    save();
    expect(isUntouched()).toBe(true);
    expect(existsSync(cache)).toBe(true);
  });

  it('under that name, were it foreseen, keeps it from being written', () => {
    const { dir, folder, cache, run } = program();
    mkdirSync(folder, { mode: 0o700 });
    const { path, isUntouched } = victim(dir);
    const { save } = run();
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    symlinkSync(path, join(folder, `${NAME}.80000000.tmp`));
    save();
    vi.restoreAllMocks();
    expect(isUntouched()).toBe(true);
    expect(existsSync(cache)).toBe(false);
  });

  const FOLDERS: [what: string, spoil: (folder: string) => void][] = [
    [
      'a link',
      (folder) => {
        renameSync(folder, `${folder}-elsewhere`);
        symlinkSync(`${folder}-elsewhere`, folder);
      },
    ],
    ['a folder that others may write', (folder) => chmodSync(folder, 0o777)],
  ];
  if (process.getuid?.() === 0)
    FOLDERS.push(["another user's folder", (folder) => chownSync(folder, 65_534, 65_534)]);

  it.each(FOLDERS)('as %s is not used', (_, spoil) => {
    const { folder, cache, run } = kept();
    spoil(folder);
    const before = readFileSync(cache);
    utimesSync(cache, OLD, OLD);
    const { isKept, save } = run();
    expect(isKept).toBe(false);
    save();
    expect(readFileSync(cache)).toEqual(before);
    expect(lstatSync(cache).mtimeMs).toBeLessThan(OLD.getTime() + 1);
  });
});
