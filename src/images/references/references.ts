import { createHash } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { ToolError } from '../../errors.ts';
import { shorten } from '../../runcomfy/sanitize.ts';
import type { ListRoots } from '../folders/allowed-folders.ts';
import { createFileReader } from '../folders/local-file.ts';
import { LocalFileError } from '../folders/local-file-error.ts';
import { ImageError } from '../image-error.ts';
import { describeNonImage, sniff } from '../media-type.ts';
import { isPrivateHost } from '../trust.ts';
import { toDataUri } from './data-uri.ts';
import type { CheckLink } from './link-check.ts';

/** A reference image: what is recorded, and what is sent to RunComfy. */
export interface Reference<Value = string> {
  readonly recorded: Value;
  /** Asked right before the submit. Throws `image_unavailable` if the image is not there any more. */
  send(): Promise<Value>;
}

/**
 * Reads a reference image that an agent named; `field` is what errors call it. A public https URL is sent as it is,
 * after a look whether it is alive; a file in an allowed folder or a client's root is sent as a `data:` URI. Throws
 * `invalid_input`.
 */
export type ReadReference = (field: string, given: string, asked: Asked) => Promise<Reference>;

/** What a call brings along: its end, and the roots of its client. */
interface Asked {
  signal: AbortSignal;
  roots?: ListRoots;
}

/** Makes what reads reference images; `folders` are those that the user allowed, undefined where no files are read. */
export function createReferenceReader(options: {
  loopbackOrigin: string | undefined;
  folders: readonly string[] | undefined;
  checkLink: CheckLink;
  homeDir: string;
}): ReadReference {
  const { loopbackOrigin, checkLink, folders, homeDir } = options;
  const readFile = folders && createFileReader({ folders, homeDir });

  async function readLocal(field: string, given: string, roots?: ListRoots): Promise<Reference> {
    if (!readFile)
      throw refused(field, 'is no URL, and this server reads no local files', given, URL_OR_HANDLE);
    try {
      const { path, data } = await readFile(given, roots);
      const type = sniff(data);
      if (!type) throw new ImageError(describeNonImage(data.subarray(0, 256)));
      const sha256 = createHash('sha256').update(data).digest('hex');
      // The same file with the same content is the same input, so a repeated call is recognised.
      const recorded = `${pathToFileURL(path).href}#sha256=${sha256}&bytes=${data.length}`;
      const sent = await toDataUri(data, type);
      return { recorded, send: async () => sent };
    } catch (error) {
      if (error instanceof LocalFileError)
        throw refused(field, error.message, given, error.isForbidden ? ALLOW : 'Check the path.');
      if (error instanceof ImageError)
        throw refused(field, `cannot be sent, as ${error.reason}`, given, 'Give another image.');
      throw error;
    }
  }

  /** Nothing is paid for a link that is certainly dead; any other answer may be different for RunComfy. */
  async function checked(field: string, url: string, signal: AbortSignal): Promise<string> {
    const status = await checkLink(url, signal);
    if (status !== 404 && status !== 410) return url;
    const next = 'Give a URL that works, or the handle of an earlier picture (job:<request_id>#1).';
    throw refused(field, `is a dead link (HTTP ${status})`, url, next, 'image_unavailable');
  }

  return async (field, given, { signal, roots }) => {
    if (!SCHEME.test(given) || /^file:/i.test(given)) return readLocal(field, given, roots);
    if (/^data:/i.test(given))
      throw refused(
        field,
        'is a data: URI, which fills the context',
        given.slice(0, 32),
        folders ? PATH_OR_URL : URL_OR_HANDLE,
      );
    const problem = urlProblem(given, loopbackOrigin);
    if (problem !== undefined) throw refused(field, problem, given, PUBLIC_URL);
    return { recorded: given, send: () => checked(field, given, signal) };
  };
}

// What does not begin like a URL is a path. One letter is a drive.
const SCHEME = /^[a-z][a-z\d+.-]+:/i;

const PUBLIC_URL = 'Give a public https URL that can be fetched without a login.';
const ALLOW =
  'Give a public https URL or a file in an allowed folder, or ask the user to allow its folder with --input-dir or RUNCOMFY_INPUT_DIR.';
const URL_OR_HANDLE = 'Give a public https URL, or the handle of an earlier picture (job:<request_id>#1).';
const PATH_OR_URL = 'Give a public https URL, or the path of a file in an allowed folder.';

// Longer than any signed link; parsing a host takes time that grows with the square of its length.
const MAX_URL = 8_192;

/**
 * What is wrong with the URL of a reference image, or undefined: RunComfy fetches it without a login, so it must be
 * public https [doc]. An image of a local sandbox is fine for that sandbox.
 */
export function urlProblem(text: string, loopbackOrigin: string | undefined): string | undefined {
  if (text.length > MAX_URL) return `is longer than ${MAX_URL} characters`;
  if (!URL.canParse(text)) return 'is neither a URL nor a path';
  const url = new URL(text);
  if (url.origin === loopbackOrigin && !url.username) return undefined;
  if (url.protocol !== 'https:') return `has the scheme ${url.protocol.slice(0, -1)}, not https`;
  if (url.username || url.password) return 'holds a user name or password';
  if (isPrivateHost(url.hostname)) return `is on a host that only this network can reach (${url.hostname})`;
  return undefined;
}

const MAX_SHOWN = 120;

function refused(
  field: string,
  problem: string,
  given: string,
  next: string,
  code: ToolError['code'] = 'invalid_input',
): ToolError {
  const shown = shorten(given.replace(/\/\/[^/@]*@/, '//…@'), MAX_SHOWN);
  return new ToolError(code, `${field} ${problem}: ${JSON.stringify(shown)}.`, { next });
}
