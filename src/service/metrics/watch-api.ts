import type { Clock } from '../../clock.ts';
import type { RunComfy } from '../../runcomfy/client.ts';
import type { Meters } from './meters.ts';
import { timed } from './timed.ts';

interface Options {
  meters: Meters;
  clock: Clock;
  /** Hears of models that RunComfy tells of itself. */
  onModel: (modelId: string) => void;
}

/** The same client, whose requests are timed by endpoint. */
export function watchApi(api: RunComfy, { meters, clock, onModel }: Options): RunComfy {
  const watched =
    <Given extends unknown[], Reply>(endpoint: keyof RunComfy, send: (...given: Given) => Promise<Reply>) =>
    (...given: Given): Promise<Reply> =>
      timed(
        clock,
        () => send(...given),
        (outcome, ms) => meters.observe('runcomfy_api_request_duration_seconds', { endpoint, outcome }, ms),
      );
  const [models, model] = [watched('models', api.models), watched('model', api.model)];

  return {
    submit: watched('submit', api.submit),
    status: watched('status', api.status),
    result: watched('result', api.result),
    cancel: watched('cancel', api.cancel),
    balance: watched('balance', api.balance),
    async models(query) {
      const page = await models(query);
      for (const { model_id } of page.models) onModel(model_id);
      return page;
    },
    async model(...given) {
      const entry = await model(...given);
      onModel(entry.model_id);
      return entry;
    },
  };
}
