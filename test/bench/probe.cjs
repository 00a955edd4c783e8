// Loaded into a measured server by --require: answers over IPC what it costs. Needs --expose-gc.
const { monitorEventLoopDelay } = require('node:perf_hooks');

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();
process.on('message', () => {
  const blockedMs = delay.max / 1e6;
  globalThis.gc();
  const { user, system } = process.cpuUsage();
  const { heapUsed: heap, rss: resident } = process.memoryUsage();
  process.send({ heap, resident, cpuMs: (user + system) / 1000, blockedMs });
  // Collecting all garbage blocks too, and is the probe's own doing.
  setImmediate(() => delay.reset());
});
process.channel.unref();
