import { it } from 'vitest';
import { expectApproved } from '../support/approval-random.ts';

// `npm run test:chaos` does it with 1,000.
it('80 random jobs cost more than the threshold only if they were approved', () => expectApproved(80));
