import { type Charged, ToolError } from '../../errors.ts';
import { quoteUntrusted } from '../../runcomfy/sanitize.ts';

const CHARGED: Record<Charged, string> = {
  no: 'Nothing was charged for this call.',
  maybe: 'It may be charged.',
};

/** A failure in words: what happened, what to do next, whether a paid call was charged, the code. */
export function errorText(error: unknown, isPaid = false): string {
  const { message, next, charged, code } = error instanceof ToolError ? error : internalError(error);
  return [message, next, (isPaid || charged !== 'no') && CHARGED[charged], `[${code}]`]
    .filter(Boolean)
    .join(' ');
}

function internalError(error: unknown): ToolError {
  const said = quoteUntrusted(String((error as Error)?.message ?? error));
  return new ToolError('internal_error', `This server failed: ${said}.`, {
    next: 'Check list_image_jobs before you call again: a job may have been submitted.',
    charged: 'maybe',
  });
}
