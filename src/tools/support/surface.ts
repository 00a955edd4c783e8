import type { LinkTo } from '../../images/library/picture-link.ts';

/** What a server offers its agents besides RunComfy: over stdio all that the user has, over HTTP what the operator says. */
export interface Surface {
  /** Its one client is on the same machine: `last` means something, and so do the client's roots. */
  isLocal: boolean;
  /** The folders from which images are sent by their paths; undefined where no files are read. */
  readFrom: readonly string[] | undefined;
  /** Where images are saved; undefined where none are. */
  saveIn: string | undefined;
  /** Makes links to kept originals, where this server shows them. */
  linkTo?: LinkTo | undefined;
}
