import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { codeOf, ToolError } from '../errors.ts';
import { freeBytes, listFiles } from '../images/library/folder/files.ts';
import { MIN_FREE } from '../images/library/folder/folder-library.ts';
import { isOld, type ListedPicture, nameOf, thumbnailOf } from '../images/library/library.ts';
import { createProgram, type Program } from '../program.ts';
import { NAME } from '../version.ts';
import { say, sizeText } from './terminal.ts';

/** Tells what is kept of pictures. Resolves with the exit code. */
export async function showLibrary(config: Config): Promise<number> {
  return withLibrary(config, async (program) => {
    const { libraryDir } = program;
    const { keepImagesBytes } = config;
    const isOff = keepImagesBytes === 0;
    const files = await listFiles(libraryDir);
    const where = isOff
      ? 'Off (--keep-images 0): no more pictures are kept in'
      : 'Finished pictures are kept in';
    say(`${where}\n  ${libraryDir}\n`);
    if (files.length === 0) say('Nothing is kept there yet.');
    else {
      const oldest = new Date(Math.min(...files.map(({ keptAt }) => keptAt))).toISOString().slice(0, 10);
      say(`  ${await contentText(program, files)}, the oldest from ${oldest}`);
    }
    const limit = isOff ? '' : ` of ${sizeText(keepImagesBytes)} (--keep-images)`;
    const free = await freeBytes(libraryDir);
    say(`  ${sizeText(bytesOf(files))}${limit}; ${sizeText(free)} of disk free`);
    if (!isOff && free < MIN_FREE)
      say(`  Nothing more is kept with less than ${sizeText(MIN_FREE)} of disk free.`, 'yellow');
    say(
      `\nA picture goes with the record of its job (--keep-days)${isOff ? '' : '; the oldest go first when it is full'}.`,
    );
    if (files.length > 0) say(`To empty it: ${NAME} library clear. ${LOSS}`);
    return 0;
  });
}

/** Empties the library; asks first if there is somebody to ask. Resolves with the exit code. */
export async function clearLibrary(config: Config): Promise<number> {
  return withLibrary(config, async (program) => {
    const { libraryDir } = program;
    const now = systemClock.now();
    // A young temporary file is a picture that a server is keeping at this moment.
    const files = (await listFiles(libraryDir)).filter((file) => file.name !== undefined || isOld(file, now));
    if (files.length === 0) {
      say(`Nothing is kept in ${libraryDir}.`);
      return 0;
    }
    const what = `${await contentText(program, files)} (${sizeText(bytesOf(files))})`;
    if (
      process.stdin.isTTY &&
      !(await agrees(`${what} are kept in ${libraryDir}.\n${LOSS}\nRemove them? [y/N] `))
    ) {
      say('Nothing was removed.');
      return 1;
    }
    for (const { id } of files) await rm(join(libraryDir, id), { force: true });
    say(`Removed ${what} from ${libraryDir}.`);
    say('The records of the jobs stay.');
    if (!process.stdin.isTTY) say(LOSS);
    return 0;
  });
}

const LOSS = 'Pictures whose links have expired are then gone for good, unless they were saved elsewhere.';

async function withLibrary(config: Config, work: (program: Program) => Promise<number>): Promise<number> {
  if (config.service?.library?.in === 'store') {
    say('Pictures are kept in the database of --store; this command is for folders.');
    return 1;
  }
  const program = createProgram(config, { clock: systemClock, random: Math.random });
  try {
    return await work(program);
  } catch (error) {
    say(`The library in ${program.libraryDir} cannot be used (${codeOf(error)}).`, 'red');
    return 1;
  } finally {
    await program.close();
  }
}

const bytesOf = (files: readonly ListedPicture[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);

/** Such as "12 originals of 9 jobs, 12 previews". An original counts if a record names it and its size is right. */
async function contentText({ store }: Program, files: readonly ListedPicture[]): Promise<string> {
  const sizes = new Map(files.map(({ id, bytes }) => [id, bytes]));
  const originals = new Set<string>();
  const previews = new Set<string>();
  let jobs = 0;
  try {
    for await (const { job } of store.newest()) {
      const known = (job.originals ?? []).flatMap((one) => one ?? []);
      const kept = known.filter((one) => sizes.get(nameOf(one)) === one.bytes);
      for (const one of kept) originals.add(nameOf(one));
      for (const name of known.flatMap(thumbnailOf)) if (sizes.has(name)) previews.add(name);
      if (kept.length > 0) jobs += 1;
    }
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return `${counted(files.length, 'file')} (the records of the jobs cannot be read)`;
  }
  const others = files.filter(({ id }) => !originals.has(id) && !previews.has(id)).length;
  return [
    `${counted(originals.size, 'original')} of ${counted(jobs, 'job')}`,
    counted(previews.size, 'preview'),
    ...(others > 0 ? [counted(others, 'other file')] : []),
  ].join(', ');
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** Asks on the terminal, which may not be where standard output goes. The end of input is a no. */
async function agrees(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  const answer = await Promise.race([terminal.question(question), closed]);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
