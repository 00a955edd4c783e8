// libuv's thread pool, which runs file access, DNS lookups and decoders. process.exit waits for all of it: 7 s for a
// picture, forever for a file on a network drive that is gone.

let counted = 0;

/** Counts the work of sharp, which Node does not report. */
export async function inThreadPool<Result>(work: Promise<Result>): Promise<Result> {
  counted += 1;
  try {
    return await work;
  } finally {
    counted -= 1;
  }
}

const FILES = /^(FSReq|CloseReq)/;
const LOOKUPS = /^Get(Addr|Name)InfoReq/;

/** Whether a file is being read, written, synced or closed. Node 20 to 24 report each such request (measured). */
export const isFileBusy = (): boolean => isActive(FILES);

/** Whether process.exit would have to wait. */
export const isPoolBusy = (): boolean => counted > 0 || isActive(FILES) || isActive(LOOKUPS);

const isActive = (kinds: RegExp) => process.getActiveResourcesInfo().some((kind) => kinds.test(kind));
