import { SingleBar } from 'cli-progress';

// RunComfy reports no percentage, so the bar nears its end without reaching it: it is half full after this many seconds.
const HALF_AFTER = 6;
const REDRAW = 100;

/** A progress bar for a job whose length is not known. Without a terminal it prints one line for every message. */
export function createBar(): { update(message: string): void; stop(): void } {
  if (!process.stdout.isTTY) {
    return { update: (message) => void process.stdout.write(`  ${message}\n`), stop() {} };
  }
  const began = Date.now();
  const bar = new SingleBar({
    format: '  [{bar}] {message}',
    barsize: 32,
    hideCursor: true,
    clearOnComplete: true,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
  });
  bar.start(1, 0, { message: 'submitting' });
  const timer = setInterval(() => bar.update(1 - 0.5 ** ((Date.now() - began) / 1000 / HALF_AFTER)), REDRAW);
  return {
    update: (message) => bar.update({ message }),
    stop() {
      clearInterval(timer);
      bar.update(1, { message: 'done' });
      bar.stop();
    },
  };
}
