import * as z from 'zod';
import { REQUEST_ID } from '../../runcomfy/replies.ts';

/** A request id as an input; its form is checked here, as it becomes part of a path. */
export function requestId(description: string) {
  return z
    .string()
    .refine((id) => REQUEST_ID.test(id), 'must be 1 to 128 letters, digits, "-" or "_"')
    .meta({ description });
}
