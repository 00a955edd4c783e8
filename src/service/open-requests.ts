import type { IncomingMessage, ServerResponse } from 'node:http';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** Knows which requests are not answered yet. */
export function createOpenRequests() {
  let open = 0;
  let onNone = () => {};

  return {
    /** Serves requests, and counts each until its answer has left or never will. */
    track(handle: Handle): Handle {
      return (request, response) => {
        open += 1;
        response.on('close', () => {
          open -= 1;
          if (open === 0) onNone();
        });
        handle(request, response);
      };
    },
    isNone: (): boolean => open === 0,
    /** Resolves when none is open. */
    answered: (): Promise<void> =>
      new Promise((resolve) => {
        onNone = resolve;
        if (open === 0) resolve();
      }),
  };
}
