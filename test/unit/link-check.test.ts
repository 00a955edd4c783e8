import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { LookupAddress } from 'node:dns';
import { readFileSync } from 'node:fs';
import net, { type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createLinkCheck } from '../../src/images/references/link-check.ts';
import { NAME, VERSION } from '../../src/version.ts';

// In ms: a guard, where the limit is not what is tested, and a limit that is.
const NEVER = 600_000;
const SOON = 100;
const PEM = readFileSync(join(import.meta.dirname, '../support/fixtures/tls/self-signed.pem'));

/** Requests of undici that have not ended; a clock that jumps waits for them. */
const open = new Set<unknown>();
const opened = (message: unknown) => void open.add((message as { request: object }).request);
const ended = (message: unknown) => void open.delete((message as { request: object }).request);

beforeEach(() => {
  subscribe('undici:request:create', opened);
  for (const end of ['trailers', 'error']) subscribe(`undici:request:${end}`, ended);
});
afterEach(async () => {
  await expect.poll(() => open.size).toBe(0);
  unsubscribe('undici:request:create', opened);
  for (const end of ['trailers', 'error']) unsubscribe(`undici:request:${end}`, ended);
  vi.restoreAllMocks();
});

type Answer = string | ((socket: Socket) => void);

/** A server that answers each request in bytes: what it was asked, and which of its connections are still open. */
async function serve(answer: Answer) {
  const heads: string[] = [];
  const sockets: Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    let head = '';
    socket.on('data', (data) => {
      head += data.toString('latin1');
      if (!head.endsWith('\r\n\r\n')) return;
      heads.push(head);
      head = '';
      if (typeof answer === 'string') socket.write(answer);
      else answer(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    heads,
    sockets,
    isClosed: () => sockets.length > 0 && sockets.every((socket) => socket.destroyed),
  };
}
type Server = Awaited<ReturnType<typeof serve>>;

const reply = (status: number, headers = '') =>
  `HTTP/1.1 ${status} Some\r\ncontent-length: 0\r\n${headers}\r\n`;
const at = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: net.isIP(address) }));
const signal = () => new AbortController().signal;

/** Checks a URL of a sandbox at this server, which may be asked. */
const check = (server: Server, path = '/a.png', timeoutMs = NEVER) =>
  createLinkCheck({ loopbackOrigin: server.origin, timeoutMs })(`${server.origin}${path}`, signal());

/** Checks any other URL; every name has these addresses. */
const checkAt = (addresses: LookupAddress[], url: string) =>
  createLinkCheck({ loopbackOrigin: undefined, timeoutMs: NEVER, lookup: async () => addresses })(
    url,
    signal(),
  );

/** A network in which each address leads to this server; returns those that a connection was tried to. */
function divertTo({ port }: Server): string[] {
  const tried: string[] = [];
  const connect = net.connect as (options: net.TcpNetConnectOpts) => Socket;
  vi.spyOn(net, 'connect').mockImplementation(((options: net.TcpNetConnectOpts) => {
    const { lookup, host = '' } = options;
    if (net.isIP(host)) {
      tried.push(host);
      return connect({ ...options, port, host: '127.0.0.1' });
    }
    const diverted: net.LookupFunction = (hostname, given, done) =>
      lookup?.(hostname, given, (error, found) => {
        if (error) return done(error, []);
        tried.push(...(found as LookupAddress[]).map(({ address }) => address));
        done(null, at('127.0.0.1'));
      });
    return connect({ ...options, port, lookup: diverted });
  }) as typeof net.connect);
  return tried;
}

describe('a link', () => {
  it.each([200, 206, 301, 302, 307, 400, 401, 403, 404, 410, 416, 429, 500, 503])(
    'is checked by its status, asked once: %i',
    async (status) => {
      const server = await serve(reply(status, 'location: /other.png\r\n'));
      expect(await check(server)).toBe(status);
      await expect.poll(server.isClosed).toBe(true);
      expect(server.heads).toHaveLength(1);
    },
  );

  it('gets one byte asked for, and nothing that tells who asks', async () => {
    const server = await serve(reply(206, 'set-cookie: a=b\r\n'));
    for (let times = 0; times < 2; times++) await check(server, '/a%20b.png?signature=c#d');
    const head = [
      'GET /a%20b.png?signature=c HTTP/1.1',
      `host: 127.0.0.1:${server.port}`,
      'connection: keep-alive',
      'accept: */*',
      'range: bytes=0-0',
      `user-agent: ${NAME}/${VERSION}`,
      '\r\n',
    ].join('\r\n');
    expect(server.heads).toEqual([head, head]);
  });

  it('has its connection closed at once, however much of the body is to come', async () => {
    const server = await serve((socket) => {
      const more = () => {
        while (socket.write(Buffer.alloc(65_536)));
      };
      socket.on('drain', more).write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n');
      more();
    });
    expect(await check(server)).toBe(200);
    await expect.poll(server.isClosed).toBe(true);
    expect(server.sockets[0]?.bytesWritten).toBeLessThan(64 << 20);
  });

  it('has its connection closed where the body is there in no time, and the next check gets one of its own', async () => {
    const server = await serve(reply(200));
    for (const count of [1, 2]) {
      expect(await check(server)).toBe(200);
      await expect.poll(server.isClosed).toBe(true);
      expect(server.sockets).toHaveLength(count);
    }
  });

  const drip = (text: string): Answer => {
    return (socket) => {
      const timer = setInterval(() => socket.write(text), 5);
      socket.on('close', () => clearInterval(timer));
    };
  };
  it.each<[string, Answer]>([
    ['never', () => {}],
    ['with half a status', 'HTTP/1.1 20'],
    ['with headers that never end', 'HTTP/1.1 200 OK\r\na: b\r\n'],
    ['with nothing but news', drip('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ])('is given up if it answers %s', async (_, answer) => {
    const server = await serve(answer);
    expect(await check(server, '/', SOON)).toBeUndefined();
    await expect.poll(server.isClosed).toBe(true);
  });

  it.each<[string, Answer]>([
    [
      'has headers without end',
      (socket) => {
        const more = () => {
          while (!socket.destroyed && socket.write(`a: ${'b'.repeat(1_000)}\r\n`));
        };
        socket.on('drain', more).write('HTTP/1.1 200 OK\r\n');
        more();
      },
    ],
    ['is no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['wants another protocol', 'HTTP/1.1 101 Go\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'],
    ['is empty', (socket) => socket.end()],
    ['is a reset', (socket) => socket.resetAndDestroy()],
  ])('tells nothing if its answer %s, and is not asked again', async (_, answer) => {
    const server = await serve(answer);
    expect(await check(server)).toBeUndefined();
    await expect.poll(server.isClosed).toBe(true);
    expect(server.sockets).toHaveLength(1);
  });

  it('tells nothing if nobody listens', async () => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((resolve) => server.close(resolve));
    const checkLink = createLinkCheck({ loopbackOrigin: origin, timeoutMs: NEVER });
    expect(await checkLink(`${origin}/a.png`, signal())).toBeUndefined();
  });

  it('tells nothing if its name is unknown, or found only too late', async () => {
    const lookups = [() => Promise.reject(new Error('ENOTFOUND')), () => new Promise<never>(() => {})];
    for (const lookup of lookups) {
      const checkLink = createLinkCheck({ loopbackOrigin: undefined, timeoutMs: SOON, lookup });
      expect(await checkLink('https://pictures.example/a.png', signal())).toBeUndefined();
    }
  });

  it('tells nothing if TLS is never completed, or its certificate is nobody’s', async () => {
    const silent = await serve(() => {});
    const origin = `https://127.0.0.1:${silent.port}`;
    const late = createLinkCheck({ loopbackOrigin: origin, timeoutMs: SOON });
    expect(await late(`${origin}/a.png`, signal())).toBeUndefined();
    await expect.poll(silent.isClosed).toBe(true);

    let bytes = 0;
    const server = createTlsServer({ key: PEM, cert: PEM }, (socket) => {
      socket
        .on('error', () => {})
        .on('data', (data) => {
          bytes += data.length;
          socket.end(reply(404));
        });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const forged = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const checkLink = createLinkCheck({ loopbackOrigin: forged, timeoutMs: NEVER });
    expect(await checkLink(`${forged}/a.png`, signal())).toBeUndefined();
    expect(bytes).toBe(0);
  });

  it.each(['nonsense', '', 'ftp://pictures.example/a.png', 'data:image/png;base64,AAAA', 'file:///a.png'])(
    'tells nothing if it is none: %j',
    async (url) => expect(await checkAt(at('1.1.1.1'), url)).toBeUndefined(),
  );
});

describe('an abort', () => {
  const reason = new Error('the user stopped');

  it('before the check lets nothing be sent', async () => {
    const server = await serve(reply(200));
    const checkLink = createLinkCheck({ loopbackOrigin: server.origin });
    await expect(checkLink(server.origin, AbortSignal.abort(reason))).rejects.toBe(reason);
    const lookup = vi.fn(async () => at('1.1.1.1'));
    const checkName = createLinkCheck({ loopbackOrigin: undefined, lookup });
    await expect(checkName('http://pictures.example', AbortSignal.abort(reason))).rejects.toBe(reason);
    expect({ connections: server.sockets, lookups: lookup.mock.calls }).toEqual({
      connections: [],
      lookups: [],
    });
  });

  it('while the name is looked up rejects with its reason', async () => {
    const caller = new AbortController();
    const lookup = () => {
      queueMicrotask(() => caller.abort(reason));
      return new Promise<never>(() => {});
    };
    const checkLink = createLinkCheck({ loopbackOrigin: undefined, timeoutMs: NEVER, lookup });
    await expect(checkLink('http://pictures.example', caller.signal)).rejects.toBe(reason);
  });

  it.each(['http', 'https'])(
    'while %s waits closes the connection and rejects with its reason',
    async (scheme) => {
      const caller = new AbortController();
      const server = await serve(() => {});
      const origin = `${scheme}://127.0.0.1:${server.port}`;
      const checking = createLinkCheck({ loopbackOrigin: origin, timeoutMs: NEVER })(origin, caller.signal);
      const outcome = expect(checking).rejects.toBe(reason);
      await expect.poll(() => server.sockets[0]?.bytesRead ?? 0).toBeGreaterThan(0);
      caller.abort(reason);
      await outcome;
      await expect.poll(server.isClosed).toBe(true);
    },
  );
});

const PRIVATE = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.254'],
  ...['169.254.169.254', '172.16.0.1', '172.31.255.255', '192.0.0.192', '192.0.2.1', '192.88.99.1'],
  ...['192.168.0.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1', '224.0.0.1'],
  ...['239.255.255.250', '240.0.0.1', '255.255.255.255', '168.63.129.16'],
  ...['::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:10.0.0.1', '::ffff:1.1.1.1'],
  ...['64:ff9b::7f00:1', '64:ff9b::a00:1', '64:ff9b:1::a00:1', '100::1', '2001::1', '2001:2::1'],
  ...['2001:10::1', '2001:db8::1', '2002:7f00:1::1', '3fff::1', '5f00::1', 'fc00::1', 'fd00::1'],
  ...['fe80::1', 'febf::1', 'fec0::1', 'ff02::1', 'ff0e::1', '4000::1'],
];
const PUBLIC = [
  ...['1.1.1.1', '9.255.255.255', '11.0.0.1', '100.63.255.255', '100.128.0.1', '126.0.0.1', '128.0.0.1'],
  ...['168.63.129.15', '169.253.0.1', '172.15.255.255', '172.32.0.1', '192.0.1.1', '192.167.0.1'],
  ...['198.17.0.1', '198.20.0.1', '223.255.255.255'],
  ...['2001:200::1', '2606:4700::1111', '2a00:1450:4001::1', '2003::1', '3ffe::1'],
];

describe('the address behind a name', () => {
  it.each(PRIVATE)('is not connected to if it is not public: %s', async (address) => {
    const server = await serve(reply(404));
    const tried = divertTo(server);
    expect(await checkAt(at(address), 'http://pictures.example/a.png')).toBeUndefined();
    expect({ tried, connections: server.sockets }).toEqual({ tried: [], connections: [] });
  });

  it.each(PUBLIC)('is asked if it is public: %s', async (address) => {
    const server = await serve(reply(404));
    const tried = divertTo(server);
    expect(await checkAt(at(address), 'http://pictures.example/a.png')).toBe(404);
    expect({ tried, heads: server.heads.length }).toEqual({ tried: [address], heads: 1 });
    expect(server.heads[0]).toContain('\r\nhost: pictures.example\r\n');
  });

  it.each([
    ['this machine', at('127.0.0.1')],
    ['a public one first', at('1.1.1.1', '127.0.0.1')],
    ['a public one last', at('127.0.0.1', '1.1.1.1')],
    ['one mapped to IPv6', at('2606:4700::1111', '::ffff:127.0.0.1')],
    ['one that lies about its family', [{ address: '127.0.0.1', family: 6 }]],
    ['one with a zone', at('fe80::1%eth0')],
    ['none', []],
    ['nonsense', [{ address: 'nonsense', family: 4 }]],
  ])('is not connected to, in the real network: %s', async (_, addresses) => {
    const server = await serve(reply(404));
    for (const scheme of ['http', 'https'])
      expect(await checkAt(addresses, `${scheme}://pictures.example:${server.port}/a.png`)).toBeUndefined();
    expect(server.sockets).toEqual([]);
  });

  it.each([true, false])(
    'is asked for once and cannot change after that, Node selecting a family: %j',
    async (selects) => {
      const before = net.getDefaultAutoSelectFamily();
      onTestFinished(() => net.setDefaultAutoSelectFamily(before));
      net.setDefaultAutoSelectFamily(selects);
      const server = await serve(reply(200));
      const tried = divertTo(server);
      const answers = [at('1.1.1.1', '2606:4700::1111'), at('127.0.0.1')];
      const lookup = async () => answers.shift() ?? [];
      const checkLink = createLinkCheck({ loopbackOrigin: undefined, timeoutMs: NEVER, lookup });
      expect(await checkLink('http://pictures.example/a.png', signal())).toBe(200);
      expect({ tried, left: answers.length }).toEqual({ tried: ['1.1.1.1', '2606:4700::1111'], left: 1 });
    },
  );

  it('is that of the system without a lookup of our own', async () => {
    const server = await serve(reply(404));
    const checkLink = createLinkCheck({ loopbackOrigin: undefined, timeoutMs: NEVER });
    expect(await checkLink(`http://localhost:${server.port}/a.png`, signal())).toBeUndefined();
    const known = createLinkCheck({ loopbackOrigin: `http://localhost:${server.port}`, timeoutMs: NEVER });
    expect(await known(`http://localhost:${server.port}/a.png`, signal())).toBe(404);
    expect(server.sockets).toHaveLength(1);
  });
});

describe('an address in the URL', () => {
  const inUrl = (address: string) => (address.includes(':') ? `[${address}]` : address);

  it.each(PRIVATE)('is not connected to if it is not public: %s', async (address) => {
    const server = await serve(reply(404));
    const tried = divertTo(server);
    expect(await checkAt(at('1.1.1.1'), `http://${inUrl(address)}/a.png`)).toBeUndefined();
    expect({ tried, connections: server.sockets }).toEqual({ tried: [], connections: [] });
  });

  it.each(PUBLIC)('is asked if it is public: %s', async (address) => {
    const server = await serve(reply(404));
    const tried = divertTo(server);
    expect(await checkAt(at('127.0.0.1'), `http://${inUrl(address)}/a.png`)).toBe(404);
    expect(tried).toEqual([address]);
  });

  it.each([
    ...[
      '127.0.0.1',
      '127.1',
      '127.0.0.1.',
      '0x7f.1',
      '0X7F000001',
      '2130706433',
      '017700000001',
      '0',
      '0.0.0.0',
    ],
    ...['１２７.0.0.1', '①②⑦.0.0.1', '127%2E0.0.1', '[::ffff:127.0.0.1]', '[0:0:0:0:0:ffff:7f00:1]', '[::]'],
    ...['pictures.example@127.0.0.1', 'user:password@127.0.0.1'],
  ])('is not connected to in any form, in the real network: %s', async (host) => {
    const server = await serve(reply(404));
    for (const scheme of ['http', 'https'])
      expect(await checkAt(at('1.1.1.1'), `${scheme}://${host}:${server.port}/a.png`)).toBeUndefined();
    expect(server.sockets).toEqual([]);
  });
});

it('a URL with a user name or password is not asked, not even of the sandbox', async () => {
  const server = await serve(reply(404));
  const checkLink = createLinkCheck({ loopbackOrigin: server.origin, timeoutMs: NEVER });
  for (const user of ['user@', ':password@', 'user:password@'])
    expect(await checkLink(server.origin.replace('//', `//${user}`), signal())).toBeUndefined();
  expect(server.sockets).toEqual([]);
});

it('only the very origin of the sandbox may be on this machine', async () => {
  const [server, other] = [await serve(reply(404)), await serve(reply(404))];
  const checkLink = createLinkCheck({
    loopbackOrigin: server.origin,
    timeoutMs: NEVER,
    lookup: async () => at('127.0.0.1'),
  });
  for (const origin of [
    other.origin,
    `https://127.0.0.1:${server.port}`,
    `http://localhost:${server.port}`,
    `http://127.0.0.2:${server.port}`,
    `http://pictures.example:${server.port}`,
    `http://[::ffff:127.0.0.1]:${server.port}`,
  ])
    expect(await checkLink(`${origin}/a.png`, signal()), origin).toBeUndefined();
  expect([...server.sockets, ...other.sockets]).toEqual([]);
  expect(await checkLink(`${server.origin}/a.png`, signal())).toBe(404);
});
