import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { resolve } from 'node:path';
import { askProbe, type Cost, KEY, MAIN } from './upstream.ts';

/** The protocol eras that the server speaks over HTTP. */
export const ERAS = ['2025-11-25', '2026-07-28'] as const;
export type Era = (typeof ERAS)[number];

/** A spawned server over HTTP with a probe in it. `scratch` holds what it keeps. */
export async function startHttpServer(baseUrl: string, scratch: string, args: readonly string[] = []) {
  const child = spawn(
    process.execPath,
    [
      ...['--expose-gc', '--require', resolve('test/bench/probe.cjs'), MAIN],
      ...['--http', '127.0.0.1:0', '--base-url', baseUrl, '--data-dir', scratch, '--preview', 'off'],
      ...['--wait', '3600'],
      ...args,
    ],
    { env: { PATH: process.env.PATH, RUNCOMFY_API_KEY: KEY }, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
  );
  const url = await new Promise<string>((resolve, reject) => {
    let said = '';
    child.once('close', () => reject(new Error(`the server ended: ${said}`)));
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      said += text;
      const [found] = /http:\S+\/mcp/.exec(said) ?? [];
      if (found) resolve(found);
    });
  });
  return {
    url,
    cost: (): Promise<Cost> => askProbe(child),
    async close() {
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
    },
  };
}

/** Speaks to a server as little as the protocol allows, so that next to nothing of the client is measured with it. */
export async function connectRaw(url: string, era: Era, token?: string) {
  const agent = new Agent({ keepAlive: true });
  let asked = 0;
  let session: string | undefined;

  function post(message: object, headers: Record<string, string>) {
    return new Promise<{ session: string | undefined; text: string }>((resolve, reject) => {
      const sent = request(url, {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': era,
          ...(session !== undefined && { 'mcp-session-id': session }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...headers,
        },
      });
      sent.once('error', reject).once('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        response.once('error', reject);
        response.once('end', () => {
          const id = response.headers['mcp-session-id'];
          resolve({ session: typeof id === 'string' ? id : undefined, text });
        });
      });
      sent.end(JSON.stringify({ jsonrpc: '2.0', ...message }));
    });
  }

  const clientInfo = { name: 'bench', version: '1' };
  if (era === '2025-11-25') {
    const params = { protocolVersion: era, capabilities: {}, clientInfo };
    session = (await post({ id: ++asked, method: 'initialize', params }, {})).session;
  }
  const meta = {
    'io.modelcontextprotocol/protocolVersion': era,
    'io.modelcontextprotocol/clientInfo': clientInfo,
    'io.modelcontextprotocol/clientCapabilities': {},
  };

  return {
    /** Calls a tool; resolves with its result. */
    async call(name: string, args: object, extra: object = {}): Promise<Record<string, unknown>> {
      const isModern = era === '2026-07-28';
      const _meta = isModern ? { ...meta, ...extra } : extra;
      const params = { name, arguments: args, ...(Object.keys(_meta).length > 0 && { _meta }) };
      const headers = isModern ? { 'mcp-method': 'tools/call', 'mcp-name': name } : {};
      const { text } = await post({ id: ++asked, method: 'tools/call', params }, headers);
      const last = text
        .split('\n')
        .filter((line) => line.startsWith('data: '))
        .at(-1);
      const { result, error } = JSON.parse(last?.slice('data: '.length) ?? text);
      if (error) throw new Error(JSON.stringify(error));
      return result;
    },
    close: () => agent.destroy(),
  };
}
