import type { ClientCapabilities, Resource, TextResourceContents } from '@modelcontextprotocol/server';
import { ToolError } from '../errors.ts';
import type { Tool } from '../tools/support/define.ts';
import { FAILURE } from '../tools/support/peeked-job.ts';

// MCP Apps: pages that a host shows in the chat next to a tool's answer. Names and shapes are the extension's.
const EXTENSION = 'io.modelcontextprotocol/ui';
const MIME_TYPE = 'text/html;profile=mcp-app';

/** The view as a resource. */
export const VIEW = {
  uri: 'ui://runcomfy-image-mcp/view.html',
  name: 'view',
  title: 'Images by RunComfy',
  mimeType: MIME_TYPE,
} satisfies Resource;

// Hosts older than the extension's first release look for the flat key.
const SHOWN_BY = { ui: { resourceUri: VIEW.uri }, 'ui/resourceUri': VIEW.uri };
const FOR_THE_VIEW_ONLY = { ui: { visibility: ['app'] } };

/** Whether a client shows such pages; any other sees neither the view's tools nor its `_meta`. */
export function showsViews(client: ClientCapabilities | undefined): boolean {
  const declared = client?.extensions?.[EXTENSION] as { mimeTypes?: unknown } | undefined;
  return Array.isArray(declared?.mimeTypes) && declared.mimeTypes.includes(MIME_TYPE);
}

/** The `_meta` of a tool for hosts that show pages. */
export const viewMeta = ({ view }: Tool) => view && (view === 'asked' ? FOR_THE_VIEW_ONLY : SHOWN_BY);

/** The `_meta` of a failed call, for hosts that show pages: the words for agents do not tell people what happened. */
export const failureMeta = (error: unknown) =>
  error instanceof ToolError && error.failure ? { _meta: { [FAILURE]: error.failure } } : {};

/** The view's page, which may load pictures, video and audio from these origins. */
export function viewContents(html: string, imageOrigins: string[]): TextResourceContents {
  const ui = {
    csp: { resourceDomains: imageOrigins },
    permissions: { clipboardWrite: {} },
    prefersBorder: true,
  };
  return { uri: VIEW.uri, mimeType: MIME_TYPE, text: html, _meta: { ui } };
}
