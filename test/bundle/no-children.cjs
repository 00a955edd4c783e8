// Loaded before the server: in Claude Desktop process.execPath is no Node, so nothing may be started with it.
const children = require('node:child_process');

for (const [name, value] of Object.entries(children))
  if (typeof value === 'function' && name !== 'ChildProcess')
    children[name] = () => {
      process.stderr.write(`STARTED A PROCESS: ${name}\n`);
      process.exit(70);
    };
