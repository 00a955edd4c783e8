import { copy } from '../../shared/dom.ts';
import { open } from '../card/output.ts';
import type { Host } from '../host.ts';
import type { Output } from '../job.ts';

// In ms: a large file takes its time.
const PATIENCE = 180_000;

/** Saves an output in the best way that the host has, and says what came of it. */
export async function save(host: Host, { url, handle }: Output): Promise<string> {
  const { can } = host;
  const name = new URL(url).pathname.split('/').at(-1) || 'picture';
  const contents = [{ type: 'resource_link', uri: url, name }];
  if (can.downloadFile && (await host.does('ui/download-file', { contents })))
    return 'Saved to your downloads.';
  if (can.serverTools && handle) {
    // A server without folders to write to has no such tool.
    const result = await host.callTool('save_images', { images: [handle] }, PATIENCE);
    const [image] = (result?.structuredContent?.images ?? []) as { path?: string }[];
    if (image?.path) return `Saved as ${image.path}`;
  }
  if (can.openLinks && (await open(host, url))) return 'Opened in your browser: save it there.';
  return (await copy(url)) ? 'The link is copied: open it in your browser.' : 'It cannot be saved from here.';
}

/** Hands the agent a wish in the best way that the host has, and says what came of it. */
export async function ask(
  host: Host,
  text: string,
  tell: (text: string) => Promise<boolean>,
): Promise<string> {
  const content = [{ type: 'text', text }];
  if (host.can.message && (await host.does('ui/message', { role: 'user', content })))
    return 'Sent to the chat.';
  if (await tell(`The user asks: ${text}`)) return 'Now tell the agent in the chat to go on.';
  return (await copy(text)) ? 'Copied: paste it into the chat.' : `Write this into the chat: ${text}`;
}
