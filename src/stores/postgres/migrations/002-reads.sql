-- When the reads that an account has taken are used up. It is worth nothing after a crash, so that a statement, several a
-- second for each busy account, waits for no disk.
CREATE UNLOGGED TABLE runcomfy_images.read_paces (
  account_id uuid PRIMARY KEY REFERENCES runcomfy_images.accounts ON DELETE CASCADE,
  ready_at timestamptz NOT NULL
) WITH (fillfactor = 50);
