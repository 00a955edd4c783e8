import { h } from '../../shared/dom.ts';
import type { Host, ToolResult } from '../host.ts';
import type { ShownJob, ToolCall } from '../job.ts';

/** What buttons work with. */
export interface Act {
  host: Host;
  /** Starts a call that is paid for. */
  onMake(call: ToolCall): void;
  /** Tells the model something for its next turn; false if the host does not. */
  tell(text: string): Promise<boolean>;
  /** The job was cancelled, or was asked to be. */
  onCancelled(result: ToolResult): void;
}

const BEGUN = 'It has begun, so it cannot be cancelled any more.';
const OUTCOMES: Record<string, string> = {
  cancelled: '',
  still_running: BEGUN,
  already_ended: BEGUN,
};

/** The button that cancels a job which is queued, where the host calls tools. */
export function cancelButton({ host, onCancelled }: Act, jobNow: () => ShownJob) {
  const said = h('p.fine', { role: 'status' });
  const button = busyButton('button', 'Cancel', async () => {
    const result = await host.callTool('cancel_image_job', { request_id: jobNow().request_id });
    const outcome = OUTCOMES[String(result?.structuredContent?.outcome)];
    said.textContent = outcome ?? 'Perhaps it was not cancelled. Try again.';
    if (result && outcome !== undefined) onCancelled(result);
  });
  return {
    elements: [button, said],
    show(): void {
      const { request_id, places } = jobNow();
      const isQueued = places.some(({ status }) => status === 'in_queue');
      button.hidden = !host.can.serverTools || !request_id || !isQueued;
    },
  };
}

/** A button whose work is done once at a time. It keeps the focus meanwhile, as a disabled one would not. */
export function busyButton(
  selector: 'button' | 'button.main',
  label: string,
  work: () => Promise<void>,
): HTMLElement {
  const button = h(selector, {}, label);
  button.onclick = async () => {
    if (button.ariaDisabled) return;
    button.ariaDisabled = 'true';
    await work();
    button.ariaDisabled = null;
  };
  return button;
}
