import { ImageError } from '../image-error.ts';
import { type JobOutput, outputAt } from '../library/job-output.ts';
import type { Originals } from '../library/originals.ts';
import { isTrustedOutput } from '../trust.ts';
import { toDataUri } from './data-uri.ts';
import type { CheckLink } from './link-check.ts';

/**
 * An image of an earlier job as it is sent to RunComfy: its link while that is alive, else the kept original as a
 * `data:` URI. Throws ImageError if neither can be sent.
 */
export type SendOutput = (output: JobOutput, signal: AbortSignal) => Promise<string>;

/** Makes what sends images of earlier jobs. */
export function createSendOutput(options: {
  originals: Originals;
  checkLink: CheckLink;
  loopbackOrigin: string | undefined;
}): SendOutput {
  const { originals, checkLink, loopbackOrigin } = options;

  return async (output, signal) => {
    const { url } = outputAt(output);
    const isTrusted = isTrustedOutput(url, loopbackOrigin);
    const status = isTrusted ? await checkLink(url, signal) : undefined;
    if (status === 200 || status === 206) {
      originals.keepLater(output.job);
      return url;
    }
    const kept = await originals.readKept(output);
    if (kept) return toDataUri(kept.data, kept.type);
    if (!isTrusted) throw new ImageError('it is not on a RunComfy host');
    // What cannot be reached from here may be fine for RunComfy.
    if (status === undefined) return url;
    throw new ImageError(`its link returned HTTP ${status}, and it is not kept`);
  };
}
