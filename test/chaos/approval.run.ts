import { it } from 'vitest';
import { expectApproved } from '../support/approval-random.ts';

it('1,000 random jobs cost more than the threshold only if they were approved', () => expectApproved(1_000));
