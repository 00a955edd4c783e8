import type { GalleryDetails } from '../../../gallery-api.ts';
import { fetchDetails } from '../records.ts';
import type { Shown } from './sequence.ts';

export interface DetailsOptions {
  onDetails(shown: Shown, details: GalleryDetails): void;
  onFailed(shown: Shown, error: string): void;
}

/** The details of the job that is shown. */
export function createDetails({ onDetails, onFailed }: DetailsOptions) {
  let latest: { id: string; details: Promise<GalleryDetails> } | undefined;
  let asked: Shown | undefined;

  /** Tells the details of a picture, unless those of another are asked for in the meantime. */
  async function tell(shown: Shown, details: Promise<GalleryDetails>): Promise<void> {
    asked = shown;
    const isCurrent = () => asked === shown && latest?.details === details;
    try {
      const found = await details;
      if (isCurrent()) onDetails(shown, found);
    } catch (error) {
      if (!isCurrent()) return;
      latest = undefined;
      onFailed(shown, (error as Error).message);
    }
  }

  /** Asks for them anew. */
  function read(shown: Shown): void {
    const details = fetchDetails(shown.id);
    latest = { id: shown.id, details };
    void tell(shown, details);
  }

  return {
    read,
    /** Tells those that are there, if the picture before was of the same job. */
    show: (shown: Shown): void => {
      if (latest?.id === shown.id) void tell({ ...shown }, latest.details);
      else read({ ...shown });
    },
    /** Those of a job. Throws what to tell the user. */
    of: (id: string): Promise<GalleryDetails> => (latest?.id === id ? latest.details : fetchDetails(id)),
    clear(): void {
      latest = undefined;
      asked = undefined;
    },
  };
}
