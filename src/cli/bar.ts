import { SingleBar } from 'cli-progress';

// In seconds. RunComfy reports no percentage, so the bar nears its end without reaching it.
const HALF_LIFE = 6;
const REDRAW_INTERVAL = 100;

/** A progress bar for a job of unknown length; without a terminal, one line per message. */
export function createBar(): { update(message: string): void; stop(): void } {
  if (!process.stdout.isTTY)
    return { update: (message) => void process.stdout.write(`  ${message}\n`), stop() {} };
  const bar = new SingleBar({
    format: '  [{bar}] {message}',
    barsize: 32,
    hideCursor: true,
    clearOnComplete: true,
    barCompleteChar: '=',
    barIncompleteChar: ' ',
  });
  const began = Date.now();
  bar.start(1, 0, { message: 'submitting' });
  const redraw = () => bar.update(1 - 0.5 ** ((Date.now() - began) / 1000 / HALF_LIFE));
  const timer = setInterval(redraw, REDRAW_INTERVAL);
  return {
    update: (message) => bar.update({ message }),
    stop() {
      clearInterval(timer);
      bar.stop();
    },
  };
}
