// For a program whose parent only stands before it (an old Node, which cannot become another program): when the parent is gone,
// however it went, the program is told to stop as the parent would have told it.

const { isMainThread } = require('node:worker_threads');

if (isMainThread && process.connected) {
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  // The program ends when it is done, not when this is.
  process.channel.unref();
}
