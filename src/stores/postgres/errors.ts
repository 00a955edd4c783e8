import { codeOf, ToolError } from '../../errors.ts';

// Classes of SQLSTATE after which the same statement may succeed: connections, conflicts of transactions, resources, locks,
// and what an operator or a failover does (https://www.postgresql.org/docs/current/errcodes-appendix.html).
const TEMPORARY = ['08', '40', '53', '55', '57'];
const READ_ONLY = '25006';

/**
 * Whether the database is away or busy, so that a statement is worth another try. Goes by the code alone: in the bundle the
 * driver's class of errors has another name. Those of Node and of the driver begin with a letter, these with a digit.
 */
export function isTemporary(error: unknown): boolean {
  const code = codeOf(error);
  return code === READ_ONLY || TEMPORARY.includes(code.slice(0, 2)) || /^CONNECT|^E[A-Z]+$/.test(code);
}

/** The error of a store whose database cannot be used. Tells the code alone: a message may quote what was to be written. */
export function unusable(error: unknown): ToolError {
  if (error instanceof ToolError) return error;
  const why = `The database of the job records cannot be used (${codeOf(error)}).`;
  return new ToolError('store_unavailable', why, {
    next: 'Call again in a minute; if it is still so, tell the operator of this server.',
    cause: error,
  });
}
