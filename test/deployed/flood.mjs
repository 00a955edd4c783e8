// Opens connections to a port and keeps them: one half silent, the other sends a byte of its headers a second. Says how
// many are open, and ends with its input.
import { connect } from 'node:net';

const [port, count] = process.argv.slice(2).map(Number);
const AT_ONCE = 200;
let open = 0;
let lost = 0;

const one = (index) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      open++;
      if (index % 2) {
        socket.write('POST /mcp HTTP/1.1\r\nHost: localhost\r\nA: ');
        setInterval(() => socket.write('x'), 1_000);
      }
      resolve();
    });
    socket.on('error', () => {
      lost++;
      resolve();
    });
  });

for (let index = 0; index < count; index += AT_ONCE)
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - index) }, (_, next) => one(index + next)));
process.stdout.write(`${JSON.stringify({ open, lost })}\n`);
process.stdin.resume().on('end', () => process.exit());
