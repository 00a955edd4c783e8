-- Stops of calls, on their way from the replica that was told to the one that has the call: for a minute, and worth nothing
-- after a crash.
CREATE UNLOGGED TABLE runcomfy_images.stops (
  key text PRIMARY KEY,
  tenant text NOT NULL,
  why text NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
