import type { ClientKind, connectHttp } from '../../support/service.ts';

type Client = Awaited<ReturnType<typeof connectHttp>>;
type Call = Parameters<Client['callTool']>[0];
type Options = NonNullable<Parameters<Client['callTool']>[1]>;
type Result = ReturnType<Client['callTool']>;

/** Calls a tool with options, whose place differs between the SDKs. */
export function callWith(client: Client, kind: ClientKind, call: Call, options: Options): Result {
  if (kind !== 'SDK 1.x') return client.callTool(call, options);
  const first = client as unknown as { callTool(call: Call, schema: undefined, options: Options): Result };
  return first.callTool(call, undefined, options);
}
