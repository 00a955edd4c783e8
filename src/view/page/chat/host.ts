/** What the host tells the page; every field may be missing. */
export interface HostContext {
  theme?: string;
  styles?: { variables?: Record<string, string | undefined> };
  toolInfo?: { tool?: { name?: string } };
  /** In pixels. */
  containerDimensions?: { height?: number; maxHeight?: number };
}

/** The result of a tool, in MCP's form. */
export interface ToolResult {
  isError?: boolean;
  content?: { type: string; text?: string; data?: string; mimeType?: string }[];
  structuredContent?: Record<string, unknown>;
  _meta?: Record<string, unknown>;
}

type Params = Record<string, unknown>;

/** The host that shows this page, by the messages of MCP Apps. */
export type Host = Awaited<ReturnType<typeof connectHost>>;

type Capability = 'openLinks' | 'serverTools' | 'updateModelContext' | 'message' | 'downloadFile';
type Capabilities = Partial<Record<Capability, object>>;
interface Initialized {
  hostCapabilities?: Capabilities;
  hostContext?: HostContext;
}

// In ms. Hosts ask their users, who may take their time; but what is never answered must end some day.
const PATIENCE = 60_000;
const ANSWERED = ['ping', 'ui/resource-teardown'];
const METHOD_NOT_FOUND = { code: -32601, message: 'Method not found' };

/** Introduces the page to its host. */
export async function connectHost() {
  const pending = new Map<number, (message: { result?: unknown }) => void>();
  const context: HostContext = {};
  const post = (message: object) => parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
  const notify = (method: string, params: Params) => post({ method, params });

  /** Undefined if the host declines, or does not answer within `ms`. */
  function request<Result>(method: string, params: Params, ms = PATIENCE): Promise<Result | undefined> {
    lastId += 1;
    const id = lastId;
    post({ id, method, params });
    return new Promise((resolve) => {
      setTimeout(resolve, ms);
      pending.set(id, ({ result }) => resolve(result as Result));
    });
  }
  let lastId = 0;

  addEventListener('message', ({ source, data }) => {
    if (source !== parent || data?.jsonrpc !== '2.0') return;
    const { id, method, params = {} } = data;
    if (!method) pending.get(id)?.(data);
    else if (id !== undefined)
      post(ANSWERED.includes(method) ? { id, result: {} } : { id, error: METHOD_NOT_FOUND });
    else {
      if (method === 'ui/notifications/host-context-changed') Object.assign(context, params);
      host.onNotification(method, params);
    }
  });

  const host = {
    context,
    can: {} as Capabilities,
    notify,
    /** Gets the host's notifications. */
    onNotification: (_method: string, _params: Params): void => {},
    /** Calls a tool of this server. Undefined if the host does not, or nobody answers. */
    callTool: (name: string, args: Params, ms?: number) =>
      request<ToolResult>('tools/call', { name, arguments: args }, ms),
    /** Whether the host did what only has to succeed. */
    async does(method: string, params: Params): Promise<boolean> {
      const result = await request<{ isError?: boolean }>(method, params);
      return result !== undefined && !result.isError;
    },
  };

  const { hostCapabilities, hostContext } =
    (await request<Initialized>('ui/initialize', {
      appInfo: { name: 'RunComfy', version: '1' },
      appCapabilities: {},
      protocolVersion: '2026-01-26',
    })) ?? {};
  Object.assign(context, hostContext);

  Object.assign(host.can, hostCapabilities);
  return host;
}
