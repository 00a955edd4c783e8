// libuv's pool of threads, in which files, DNS lookups and decoders work. Ending the process by process.exit waits for
// all of it, for as long as it takes: 7 s for a picture, for ever for a file on a network drive that is gone.

let counted = 0;

/** Counts work of sharp, of which Node knows nothing. */
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

/** Whether a file is being read, written, synced or closed. Node 20 to 24 tell of each such request (measured). */
export const isFileBusy = (): boolean => process.getActiveResourcesInfo().some((kind) => FILES.test(kind));

/** Whether process.exit would have to wait. */
export const isPoolBusy = (): boolean =>
  counted > 0 || process.getActiveResourcesInfo().some((kind) => FILES.test(kind) || LOOKUPS.test(kind));
