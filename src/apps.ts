import type { McpServer, RegisteredTool } from '@modelcontextprotocol/server';
import type { Tool } from './tools/define.ts';

/** MCP Apps: pages that a host shows in the chat beside a tool's answer. Names and shapes are the extension's. */
const EXTENSION = 'io.modelcontextprotocol/ui';
const MIME_TYPE = 'text/html;profile=mcp-app';
const CLIENT_CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';
const VIEW = 'ui://runcomfy-image-mcp/view.html';

/** Hosts of before the extension's first release look for the flat key. */
const SHOWN_BY = { ui: { resourceUri: VIEW }, 'ui/resourceUri': VIEW };
const FOR_THE_VIEW_ONLY = { ui: { visibility: ['app'] } };

/** The view's HTML, and the origins from which it loads pictures. */
export interface ViewPage {
  html: string;
  imageOrigins: string[];
}

/**
 * Offers the view to a client that declares that it shows such pages; any other sees no trace of it. What a client
 * can do stands in its `initialize`, or in every request of the stateless protocol, and so before it lists anything.
 */
export function offerView(
  server: McpServer,
  tools: ReadonlyMap<Tool, RegisteredTool>,
  page: () => Promise<ViewPage>,
): void {
  const resource = server.registerResource(
    'view',
    VIEW,
    { title: 'Images of a job', mimeType: MIME_TYPE },
    async () => ({ contents: [await viewContent(page)] }),
  );
  const show = (isShown: boolean) => {
    resource.enabled = isShown;
    for (const [{ view }, registered] of tools) {
      if (view === 'asked') registered.enabled = isShown;
      if (view && isShown)
        registered._meta = { ...registered._meta, ...(view === 'asked' ? FOR_THE_VIEW_ONLY : SHOWN_BY) };
    }
  };
  show(false);

  const { server: protocol } = server;
  const everything = protocol.getCapabilities.bind(protocol);
  protocol.getCapabilities = () => {
    const { resources, ...others } = everything();
    return resource.enabled ? { ...others, ...(resources && { resources }) } : others;
  };
  const connect = server.connect.bind(server);
  server.connect = (transport) => {
    // The SDK calls what it finds here before its own handler.
    transport.onmessage = (message) => {
      if (declaresExtension(message)) show(true);
    };
    return connect(transport);
  };
}

async function viewContent(page: () => Promise<ViewPage>) {
  const { html, imageOrigins } = await page();
  const ui = {
    csp: { resourceDomains: imageOrigins },
    permissions: { clipboardWrite: {} },
    prefersBorder: true,
  };
  return { uri: VIEW, mimeType: MIME_TYPE, text: html, _meta: { ui } };
}

interface Capabilities {
  extensions?: Record<string, { mimeTypes?: unknown } | undefined>;
}

function declaresExtension(message: unknown): boolean {
  const { method, params } = message as {
    method?: string;
    params?: { capabilities?: Capabilities; _meta?: Record<string, Capabilities | undefined> };
  };
  const declared = method === 'initialize' ? params?.capabilities : params?._meta?.[CLIENT_CAPABILITIES];
  const mimeTypes = declared?.extensions?.[EXTENSION]?.mimeTypes;
  return Array.isArray(mimeTypes) && mimeTypes.includes(MIME_TYPE);
}
