/** What the host tells the view; every field may be missing. */
export interface HostContext {
  theme?: string;
  styles?: { variables?: Record<string, string | undefined> };
  toolInfo?: { tool?: { name?: string } };
}

export interface HostCapabilities {
  openLinks?: object;
  serverTools?: object;
  updateModelContext?: object;
}

/** A tool's answer as MCP has it. */
export interface ToolResult {
  isError?: boolean;
  content?: { type: string; text?: string; data?: string; mimeType?: string }[];
  structuredContent?: Record<string, unknown>;
}

type Params = Record<string, unknown>;

/** The host that shows this page, over MCP Apps' messages. */
export interface Host {
  readonly context: HostContext;
  readonly can: HostCapabilities;
  request<Result>(method: string, params: Params): Promise<Result>;
  notify(method: string, params: Params): void;
}

const METHOD_NOT_FOUND = -32601;

/** Introduces the page to its host. What the host then tells goes to `onNotice`, and its context is kept. */
export async function connectHost(onNotice: (method: string, params: Params) => void): Promise<Host> {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  const context: HostContext = {};
  const post = (message: object) => parent.postMessage({ jsonrpc: '2.0', ...message }, '*');
  let last = 0;

  function request<Result>(method: string, params: Params): Promise<Result> {
    last += 1;
    post({ id: last, method, params });
    return new Promise<unknown>((resolve, reject) =>
      waiting.set(last, { resolve, reject }),
    ) as Promise<Result>;
  }

  addEventListener('message', ({ source, data }) => {
    if (source !== parent || data?.jsonrpc !== '2.0') return;
    const { id, method, params = {}, result, error } = data;
    if (method === undefined) {
      const answer = waiting.get(id);
      waiting.delete(id);
      if (error) answer?.reject(new Error(String(error.message)));
      else answer?.resolve(result);
    } else if (id !== undefined) {
      const known = method === 'ping' || method === 'ui/resource-teardown';
      post(
        known ? { id, result: {} } : { id, error: { code: METHOD_NOT_FOUND, message: 'Method not found' } },
      );
    } else {
      if (method === 'ui/notifications/host-context-changed') Object.assign(context, params);
      onNotice(method, params);
    }
  });

  const { hostCapabilities: can = {}, hostContext } = await request<{
    hostCapabilities?: HostCapabilities;
    hostContext?: HostContext;
  }>('ui/initialize', {
    appInfo: { name: 'runcomfy-image-view', version: '1' },
    appCapabilities: {},
    protocolVersion: '2026-01-26',
  });
  Object.assign(context, hostContext);
  const notify = (method: string, params: Params) => post({ method, params });
  return { context, can, request, notify };
}
