/** What the host tells the page; every field may be missing. */
export interface HostContext {
  theme?: string;
  styles?: { variables?: Record<string, string | undefined> };
  toolInfo?: { tool?: { name?: string } };
}

/** The result of a tool, in MCP's form. */
export interface ToolResult {
  isError?: boolean;
  content?: { type: string; text?: string; data?: string; mimeType?: string }[];
  structuredContent?: Record<string, unknown>;
}

type Params = Record<string, unknown>;

/** The host that shows this page, by the messages of MCP Apps. */
export type Host = Awaited<ReturnType<typeof connectHost>>;

interface Initialized {
  hostCapabilities?: { openLinks?: object; serverTools?: object; updateModelContext?: object };
  hostContext?: HostContext;
}

const METHOD_NOT_FOUND = { code: -32601, message: 'Method not found' };

/** Introduces the page to its host, whose notifications then go to `onNotification`. */
export async function connectHost(onNotification: (method: string, params: Params) => void) {
  const pending = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const context: HostContext = {};
  const post = (message: object) => parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
  const notify = (method: string, params: Params) => post({ method, params });
  let lastId = 0;

  function request<Result>(method: string, params: Params): Promise<Result> {
    lastId += 1;
    post({ id: lastId, method, params });
    return new Promise((resolve, reject) =>
      pending.set(lastId, { resolve: resolve as (result: unknown) => void, reject }),
    );
  }

  addEventListener('message', ({ source, data }) => {
    if (source !== parent || data?.jsonrpc !== '2.0') return;
    const { id, method, params = {}, result, error } = data;
    if (method === undefined) {
      const request = pending.get(id);
      pending.delete(id);
      if (error) request?.reject(new Error(String(error.message)));
      else request?.resolve(result);
    } else if (id !== undefined) {
      const isKnown = method === 'ping' || method === 'ui/resource-teardown';
      post(isKnown ? { id, result: {} } : { id, error: METHOD_NOT_FOUND });
    } else {
      if (method === 'ui/notifications/host-context-changed') Object.assign(context, params);
      onNotification(method, params);
    }
  });

  const { hostCapabilities: can = {}, hostContext } = await request<Initialized>('ui/initialize', {
    appInfo: { name: 'runcomfy-image-view', version: '1' },
    appCapabilities: {},
    protocolVersion: '2026-01-26',
  });
  Object.assign(context, hostContext);
  return { context, can, request, notify };
}
