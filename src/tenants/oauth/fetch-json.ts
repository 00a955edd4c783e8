import { LOOPBACK } from '../../config/validate.ts';
import { parseJson } from '../../json.ts';

// In bytes. The largest sets of keys in use have some 10 kB.
const MAX_BYTES = 256 << 10;

/** Reads a JSON document of an authorization server, as far as `signal` and its size allow; follows no redirect. */
export async function fetchJson(url: string, signal: AbortSignal): Promise<unknown> {
  const { protocol, hostname, href } = new URL(url);
  // The issuer names one of them: no text of its own gets into the log, and no page of it.
  const shown = href.slice(0, 200);
  if (protocol !== 'https:' && !(protocol === 'http:' && LOOPBACK.includes(hostname)))
    throw new Error(`${shown} is not https`);
  const response = await fetch(url, { redirect: 'error', signal, headers: { accept: 'application/json' } });
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Left early, this ends the response.
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (!response.ok || bytes > MAX_BYTES) break;
    chunks.push(chunk);
  }
  if (!response.ok) throw new Error(`${shown} answered with HTTP ${response.status}`);
  if (bytes > MAX_BYTES) throw new Error(`${shown} answered with more than ${MAX_BYTES} bytes`);
  const json = parseJson(Buffer.concat(chunks).toString());
  if (json === undefined) throw new Error(`${shown} answered with what is not JSON`);
  return json;
}
