import type { Clock } from '../../clock.ts';
import type { JobStore } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import { isOld, type ListedFile, listFiles, MAX_KEPT_BYTES, removeFile } from './kept-files.ts';
import type { Library } from './library.ts';
import { readUses } from './uses.ts';

export type Tidy = ReturnType<typeof createTidy>;

// How full the library is after what is too much was removed: else each further picture would be too much.
const FULL_AFTER = 0.9;

/** What keeps a library within its limit and its records, behind the answers and one pass at a time. */
export function createTidy(options: {
  dir: string;
  /** In bytes; without it nothing is too much, and only what no record names is removed. */
  maxBytes: number | undefined;
  library: Pick<Library, 'written'> | undefined;
  store: Pick<JobStore, 'newest'>;
  clock: Clock;
  log: Log;
  /** Ends a pass between two files. */
  ended: AbortSignal;
}) {
  const { dir, maxBytes = Number.POSITIVE_INFINITY, library, store, clock, log, ended } = options;
  /** How many bytes this process may have put when the limit has to be looked at again. */
  let enough = 0;
  let wanted: 'within limit' | 'without leftovers' | undefined;
  let underWay: Promise<void> | undefined;

  /** Removes files in turn, while that is `wanted`; resolves to how many bytes are gone. */
  async function remove(files: readonly ListedFile[], isWanted: (gone: number) => boolean): Promise<number> {
    let gone = 0;
    for (const file of files) {
      if (ended.aborted || !isWanted(gone)) break;
      if (await removeFile(dir, file)) gone += file.bytes;
    }
    return gone;
  }

  /** One pass. Throws before anything is removed if a record cannot be read. */
  async function pass(isCleaning: boolean): Promise<void> {
    const now = clock.now();
    const written = library?.written() ?? 0;
    const files = await listFiles(dir);
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const leaveRoom = () => {
      enough = written + Math.max(maxBytes - bytes, maxBytes * (1 - FULL_AFTER));
    };
    leaveRoom();
    if (files.length === 0 || (!isCleaning && bytes <= maxBytes)) return;
    let isComplete = true;
    const onIgnored = () => {
      isComplete = false;
    };
    const uses = await readUses(store.newest({ onIgnored }));
    const useOf = ({ name, isTemporary, bytes }: ListedFile) =>
      isTemporary || bytes > MAX_KEPT_BYTES ? undefined : uses.get(name);
    const byAge = files.sort((a, b) => a.mtimeMs - b.mtimeMs);

    // Another version of this program may keep what only its own records name.
    const useless = byAge.filter(
      (file) => isOld(file, now) && (file.isTemporary || (isComplete && !useOf(file))),
    );
    bytes -= await remove(useless, () => true);
    if (bytes > maxBytes) {
      const answered = byAge.filter((file) => useOf(file)?.isAnswered);
      const originals = answered.filter((file) => useOf(file)?.isOriginal);
      // Small as they are, they show what there was for as long as its record is there.
      const thumbnails = answered.filter((file) => !useOf(file)?.isOriginal);
      const excess = bytes - maxBytes * FULL_AFTER;
      const gone = await remove([...originals, ...thumbnails], (gone) => gone < excess);
      bytes -= gone;
      if (gone > 0) log.info(`the library was full: its oldest ${Math.ceil(gone / 1e6)} MB were removed`);
    }
    leaveRoom();
  }

  async function work(): Promise<void> {
    while (wanted && !ended.aborted) {
      const isCleaning = wanted === 'without leftovers';
      wanted = undefined;
      await pass(isCleaning).catch((error) => log.warn(`cannot tidy the library: ${error.message}`));
    }
    underWay = undefined;
  }

  function start(): Promise<void> {
    underWay ??= work();
    return underWay;
  }

  return {
    /** Removes what no record names and what is too much, such as after records were deleted. Never rejects. */
    clean(): Promise<void> {
      wanted = 'without leftovers';
      return start();
    },
    /** The same, if what this process has put could be too much. Never rejects. */
    async limit(): Promise<void> {
      if ((library?.written() ?? 0) <= enough) return;
      wanted ??= 'within limit';
      await start();
    },
  };
}
