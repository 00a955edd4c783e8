// The least that a stdio server in Node can do: answers `initialize` and `tools/list`, without any library.
let text = '';
const send = (id, result) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
process.stdin.setEncoding('utf8').on('data', (chunk) => {
  text += chunk;
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n')) {
    const { id, method, params } = JSON.parse(text.slice(0, end));
    text = text.slice(end + 1);
    if (method === 'initialize') {
      const { protocolVersion } = params;
      send(id, { protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'floor', version: '1' } });
    }
    if (method === 'tools/list') send(id, { tools: [] });
  }
});
