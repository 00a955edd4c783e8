/** What happened to each picture, for the report of a failure. */
export function createStory() {
  const events: { at: number; prompt: string | undefined; text: string }[] = [];
  return {
    /** Tells something of a picture, or of all of them. */
    tell(prompt: string | undefined, text: string, at = performance.now()): void {
      events.push({ at, prompt, text: text.replace(/\s+/g, ' ').slice(0, MAX_TEXT) });
    },
    /** The story of a picture between its first and its last event. */
    of(prompt: string): string {
      const own = events.filter((event) => event.prompt === prompt).map(({ at }) => at);
      const [from, to] = [Math.min(...own) - AROUND, Math.max(...own) + AROUND];
      const lines = events
        .filter(
          (event) =>
            event.prompt === prompt || (event.prompt === undefined && event.at > from && event.at < to),
        )
        .sort((one, other) => one.at - other.at)
        .map(({ at, text }) => `  ${(at / 1_000).toFixed(3)} ${text}`);
      return [prompt, ...lines].join('\n');
    },
  };
}

export type Story = ReturnType<typeof createStory>;

const MAX_TEXT = 300;
// In ms: what happened to the replicas shortly before belongs to it.
const AROUND = 15_000;
