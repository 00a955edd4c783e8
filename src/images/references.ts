import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ToolError } from '../errors.ts';
import { sniff, whatElse } from './image-type.ts';
import { createFileReader, LocalFileError } from './local-file.ts';
import { PictureError } from './picture-error.ts';
import { MAX_SENT, toDataUri } from './shrink.ts';
import { isPrivateHost } from './trust.ts';

/** A reference image: what goes to RunComfy, and what the records say instead of megabytes. */
export interface Reference {
  sent: string;
  recorded: string;
}

export interface Inputs {
  /**
   * Reads one reference image that an agent named; `field` is what messages call it. A public https URL stays as it
   * is; a path under an allowed folder becomes a `data:` URI. Throws `invalid_input`.
   */
  read(field: string, given: string): Promise<Reference>;
}

/** Reference images as agents name them. `folders` are those that the user allowed. */
export function createInputs(options: {
  loopbackOrigin: string | undefined;
  folders: readonly string[];
}): Inputs {
  const { loopbackOrigin, folders } = options;
  const read = createFileReader(folders);

  async function readFile(field: string, given: string): Promise<Reference> {
    if (folders.length === 0)
      throw refused(field, 'is a path, and no folder of this machine is allowed', given, ALLOW);
    try {
      const { path, data } = await read(pathOf(given));
      const type = sniff(data);
      if (!type) throw new PictureError(whatElse(data.subarray(0, 256)));
      const sha256 = createHash('sha256').update(data).digest('hex');
      // The same file with the same content is the same input, so that a call that is repeated is known again.
      const recorded = `${pathToFileURL(path).href}#sha256=${sha256}&bytes=${data.length}`;
      return { sent: await toDataUri(data, type), recorded };
    } catch (error) {
      if (error instanceof LocalFileError)
        throw refused(field, error.message, given, error.isForbidden ? ALLOW : 'Check the path.');
      if (error instanceof PictureError)
        throw refused(field, `cannot be sent, as ${error.reason}`, given, 'Give another image.');
      if (error instanceof ToolError && error.code === 'sharp_missing') {
        const why = `is not PNG, JPEG or WebP of at most ${MAX_SENT >> 20} MiB, and sharp, which would convert it, is not installed`;
        throw refused(field, why, given, 'Give a smaller or converted image, or "npm install sharp".');
      }
      throw error;
    }
  }

  return {
    async read(field, given) {
      if (isLocal(given)) return readFile(field, given);
      if (/^data:/i.test(given))
        throw refused(field, 'is a data: URI, which fills the context', given.slice(0, 32), PATH_OR_URL);
      const problem = referenceProblem(given, loopbackOrigin);
      if (problem !== undefined) throw refused(field, problem, given, PUBLIC);
      return { sent: given, recorded: given };
    },
  };
}

const PUBLIC = 'Give a public https URL that can be fetched without a login.';
const ALLOW =
  'Give a public https URL, or ask the user to allow the folder of the file with --input-dir or RUNCOMFY_INPUT_DIR.';
const PATH_OR_URL = 'Give a public https URL, or the path of a file under a folder that --input-dir allows.';

const isLocal = (text: string): boolean => isAbsolute(text) || /^(file:|[a-z]:[\\/])/i.test(text);

function pathOf(text: string): string {
  if (!/^file:/i.test(text)) return text;
  try {
    return fileURLToPath(text);
  } catch {
    throw new LocalFileError('is no file URL of this machine');
  }
}

/**
 * What is wrong with a URL as a reference image, or undefined when it can go out: RunComfy fetches it without
 * a login, so it must be public https [doc]. A picture of a local sandbox is fine for that sandbox.
 */
export function referenceProblem(text: string, loopbackOrigin: string | undefined): string | undefined {
  if (text.length > MAX_URL) return `is longer than ${MAX_URL} characters`;
  if (!URL.canParse(text)) return 'is neither a URL nor an absolute path';
  const url = new URL(text);
  if (url.origin === loopbackOrigin && !url.username) return undefined;
  if (url.protocol !== 'https:') return `has the scheme ${url.protocol.slice(0, -1)}, not https`;
  if (url.username || url.password) return 'holds a user name or password';
  if (isPrivateHost(url.hostname)) return `is on a host that only this network can reach (${url.hostname})`;
  return undefined;
}

const MAX_SHOWN = 120;
// No signed link is longer; to parse a host takes time that grows with the square of its length.
const MAX_URL = 8_192;

function refused(field: string, problem: string, given: string, next: string): ToolError {
  const shown = given.replace(/\/\/[^/@]*@/, '//…@');
  const cut = shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown;
  return new ToolError('invalid_input', `${field} ${problem}: ${JSON.stringify(cut)}.`, { next });
}
