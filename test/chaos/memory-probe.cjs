// Loaded into a server by --require: answers every message over IPC with its memory, on request after all that is
// garbage is collected. Needs --expose-gc.
process.on('message', ({ collect }) => {
  if (!collect) return process.send(process.memoryUsage());
  globalThis.gc();
  // What a finalizer lets go is garbage for the next collection.
  setTimeout(() => {
    globalThis.gc();
    process.send(process.memoryUsage());
  }, 200);
});
process.channel.unref();
