/** An amount in dollars as people write it: `$0.034`, `$12.50`. RunComfy counts in millionths, people at least in cents. */
export const dollarsForPeople: (usd: number) => string = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 6,
}).format;
