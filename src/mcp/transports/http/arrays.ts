import { objectOf } from '../../../json.ts';
import { cancelledBy } from './cancellations.ts';
import { RefusedError } from './respond.ts';

/** As many messages as the SDK takes in one body. */
const MAX_MESSAGES = 100;
/** The only version with Streamable HTTP that has arrays, and the one of a client that names none. */
const WITH_ARRAYS = '2025-03-26';

/**
 * Throws RefusedError for an array of messages that could not be answered whole: the SDK answers no call that was cancelled,
 * and leaves the response open for it; of two with the same id it answers the first.
 */
export function checkArray(messages: readonly unknown[], version: string | undefined): void {
  const refused = (message: string) => new RefusedError(400, message);
  if (version !== undefined && version !== WITH_ARRAYS)
    throw refused('this version of the protocol has no arrays of messages');
  if (messages.length > MAX_MESSAGES) throw refused(`a body holds at most ${MAX_MESSAGES} messages`);
  const requests = messages.map(objectOf).filter((message) => 'method' in message && 'id' in message);
  const ids = new Set(requests.map(({ id }) => id));
  if (ids.size < requests.length) throw refused('each request of a body has an id of its own');
  if (messages.some((message) => ids.has(cancelledBy(message)?.id)))
    throw refused('a call and its cancellation do not come in the same body');
}
