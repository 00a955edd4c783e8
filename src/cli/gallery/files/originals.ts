import { ImageError } from '../../../images/image-error.ts';
import type { JobOutput } from '../../../images/library/job-output.ts';
import { extensionOf, kindOf } from '../../../images/media-type.ts';
import { createLinkOpener, type OpenLink, type OpenOutput } from '../../../images/open-output.ts';
import { fileStem } from '../../../images/saving/file-name.ts';
import { jobOutputs } from '../../../jobs/job.ts';
import type { Program } from '../../../program.ts';
import { type Exchange, HEADERS, sendContent } from '../http/answer.ts';
import { outputProblem, ProblemError } from '../http/problems.ts';
import { openPartOf, partOf } from './range.ts';

/** Makes what serves outputs as they were made: what is kept, else a saved copy, else its link. Never whole in memory. */
export function createOriginals(
  originals: Pick<Program['originals'], 'openKept'>,
  ownOrigin: (output: JobOutput) => string | undefined,
) {
  // Each sandbox is trusted for its own jobs only.
  const openers = new Map<string | undefined, OpenLink>();
  function openLink(output: JobOutput, ...rest: DropFirst<Parameters<OpenLink>>): Promise<OpenOutput> {
    const own = ownOrigin(output);
    const open = openers.get(own) ?? createLinkOpener(own);
    openers.set(own, open);
    return open(jobOutputs(output.job)[output.index]?.url ?? '', ...rest);
  }

  /** Serves what is on this machine; false if nothing is. */
  async function sendKept(exchange: Exchange, output: JobOutput, isDownload: boolean): Promise<boolean> {
    const { request, response } = exchange;
    const kept = await originals.openKept(output);
    if (!kept) return false;
    try {
      const { type, bytes, sha256 } = kept.original;
      const etag = `"${sha256}"`;
      const given = request.headers['if-range'];
      const part = given === undefined || given === etag ? partOf(request.headers.range, bytes) : undefined;
      const headers = { ...headersOf(output, type, isDownload), etag, 'accept-ranges': 'bytes' };
      if (part === 'none') {
        noSuchPart(exchange, bytes);
        return true;
      }
      const length = part ? part.to - part.from + 1 : bytes;
      response.writeHead(part ? 206 : 200, {
        ...{ ...headers, 'content-length': length },
        ...(part && { 'content-range': `bytes ${part.from}-${part.to}/${bytes}` }),
      });
      if (request.method === 'HEAD') response.end();
      else await sendContent(exchange, kept.content(part), length);
      return true;
    } finally {
      await kept.close();
    }
  }

  async function sendLinked(exchange: Exchange, output: JobOutput, isDownload: boolean): Promise<void> {
    const { request, response, signal } = exchange;
    // What a link leads to has no name of its own that two requests could agree on.
    const wanted = request.headers['if-range'] === undefined ? openPartOf(request.headers.range) : undefined;
    const found = await openLink(output, signal, wanted).catch((error) => {
      if (error instanceof ImageError && error.obstacle === 'no such part') return undefined;
      throw error;
    });
    if (!found) return noSuchPart(exchange);
    try {
      const { type, part, bytes } = found;
      response.writeHead(part ? 206 : 200, {
        ...headersOf(output, type.mime, isDownload),
        'accept-ranges': 'bytes',
        ...(bytes !== undefined && { 'content-length': bytes }),
        ...(part && { 'content-range': `bytes ${part.from}-${part.to}/${part.total}` }),
      });
      if (request.method === 'HEAD') response.end();
      else await sendContent(exchange, found.content, bytes);
    } finally {
      await found.close();
    }
  }

  /** Serves an output. Throws ProblemError, or the signal's reason. */
  return async (exchange: Exchange, output: JobOutput, isDownload: boolean): Promise<void> => {
    if (await sendKept(exchange, output, isDownload)) return;
    await sendLinked(exchange, output, isDownload).catch((error) => {
      throw new ProblemError(outputProblem(error, output));
    });
  };
}

type DropFirst<All extends unknown[]> = All extends [unknown, ...infer Rest] ? Rest : never;

function noSuchPart({ response }: Exchange, total?: number): void {
  response.writeHead(416, { ...HEADERS, 'content-range': `bytes */${total ?? '*'}` }).end();
}

/** What goes with a file. Its type was told by its bytes; no page runs in it. */
function headersOf(output: JobOutput, type: string, isDownload: boolean) {
  const name = `${fileStem(output)}.${extensionOf(type)}`;
  const plain = name.replace(/[^\w.-]+/g, '-');
  const how = isDownload || kindOf(type) === '3d' ? 'attachment' : 'inline';
  return {
    ...HEADERS,
    'content-type': type,
    'content-disposition': `${how}; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`,
    'content-security-policy': "default-src 'none'; sandbox",
  };
}
