import type { Clock } from '../../clock.ts';
import type { JobStore } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import { isOld, type Library, type ListedPicture, MAX_KEPT_BYTES } from './library.ts';
import { readUses, type Use } from './uses.ts';

export type Tidy = ReturnType<typeof createTidy>;

// One part in so many is free after what is too much was removed: else each further picture would be too much.
const FREED = 10;

/**
 * What goes later: thumbnails, which small as they are show what there was for as long as its record is there; and after
 * them what is the user's favourite.
 */
const rankOf = (use: Use | undefined): number => (use?.isFavourite ? 2 : 0) + (use?.isOriginal ? 0 : 1);

/** What keeps a library within its limit and its records, behind the answers and one pass at a time. */
export function createTidy(options: {
  library: Pick<Library, 'written' | 'list' | 'remove' | 'skew'>;
  /** In bytes; without it nothing is too much, and only what no record names is removed. */
  maxBytes: number | undefined;
  store: Pick<JobStore, 'newest'>;
  clock: Clock;
  log: Log;
  /** Ends a pass between two removals. */
  ended: AbortSignal;
}) {
  const { library, maxBytes = Number.POSITIVE_INFINITY, store, clock, log, ended } = options;
  const step = maxBytes / FREED;
  /** How many bytes this process may have put when the limit has to be looked at again. */
  let enough = 0;
  let wanted: 'within limit' | 'without leftovers' | undefined;
  let underWay: Promise<void> | undefined;

  /** Removes in turn, while that is wanted; resolves to how many bytes are gone. */
  async function remove(
    listed: readonly ListedPicture[],
    isWanted: (gone: number) => boolean,
  ): Promise<number> {
    let gone = 0;
    for (const picture of listed) {
      if (ended.aborted || !isWanted(gone)) break;
      if (await library.remove(picture)) gone += picture.bytes;
    }
    return gone;
  }

  /** One pass. Throws before anything is removed if a record cannot be read. */
  async function pass(isCleaning: boolean): Promise<void> {
    const now = clock.now();
    const written = library.written();
    const all = await library.list();
    let bytes = all.reduce((sum, { bytes }) => sum + bytes, 0);
    const leaveRoom = () => {
      // No more than a step, as others may fill the same room meanwhile.
      enough = written + (bytes < maxBytes ? Math.min(maxBytes - bytes, step) : step);
    };
    leaveRoom();
    if (all.length === 0 || (!isCleaning && bytes <= maxBytes)) return;
    let isComplete = true;
    const onIgnored = () => {
      isComplete = false;
    };
    const uses = await readUses(store.newest({ onIgnored }));
    const useOf = ({ name, bytes }: ListedPicture) =>
      name === undefined || bytes > MAX_KEPT_BYTES ? undefined : uses.get(name);
    const byAge = all.sort((a, b) => a.keptAt - b.keptAt);

    // Another version of this program may keep what only its own records name.
    const useless = byAge.filter((one) => one.name === undefined || (isComplete && !useOf(one)));
    const skew = useless.length > 0 ? await library.skew() : 0;
    const leftovers = useless.filter((one) => isOld(one, now + skew));
    bytes -= await remove(leftovers, () => true);
    if (bytes > maxBytes) {
      const answered = byAge.filter((one) => useOf(one)?.isAnswered);
      const ranked = answered.sort((a, b) => rankOf(useOf(a)) - rankOf(useOf(b)));
      const excess = bytes - (maxBytes - step);
      const gone = await remove(ranked, (gone) => gone < excess);
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
      if (library.written() <= enough) return;
      wanted ??= 'within limit';
      await start();
    },
  };
}
