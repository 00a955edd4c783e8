-- Whose jobs they are. The id is made of tenant and api, so that it is nobody else's in any database, and a row that went
-- is made again as it was. Reservations within limits take turns by it. All that is
-- an account's goes with its row.
CREATE TABLE runcomfy_images.accounts (
  id uuid PRIMARY KEY,
  tenant text NOT NULL,
  api text NOT NULL,
  reservations bigint NOT NULL DEFAULT 0
);

-- The processes that hold leases. One whose count stands still is gone; ended_calls are those of its calls that are over
-- although their leases are still recorded.
CREATE TABLE runcomfy_images.replicas (
  id uuid PRIMARY KEY,
  beats integer NOT NULL,
  ended boolean NOT NULL DEFAULT false,
  ended_calls text[] NOT NULL DEFAULT '{}',
  beaten_at timestamptz NOT NULL DEFAULT now()
);

-- The column job holds the whole job as JSON; the others repeat what queries ask for. It is text, as json and jsonb refuse
-- characters that a prompt may have. request_id is not unique: an API that gives one id twice must not keep the second job
-- from being recorded.
CREATE TABLE runcomfy_images.jobs (
  account_id uuid NOT NULL REFERENCES runcomfy_images.accounts ON DELETE CASCADE,
  id uuid NOT NULL,
  revision integer NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  submitted_at timestamptz NOT NULL,
  state text NOT NULL,
  request_id text,
  delivered_at timestamptz,
  cost_usd double precision,
  job text NOT NULL,
  holder uuid,
  call text,
  alone boolean NOT NULL DEFAULT false,
  PRIMARY KEY (account_id, id)
);
CREATE INDEX jobs_newest ON runcomfy_images.jobs (account_id, submitted_at DESC, id DESC);
CREATE INDEX jobs_fingerprint ON runcomfy_images.jobs (account_id, fingerprint, submitted_at DESC);
CREATE INDEX jobs_request ON runcomfy_images.jobs (account_id, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX jobs_open ON runcomfy_images.jobs (account_id, submitted_at)
  WHERE state IN ('reserved', 'submitting', 'in_queue', 'in_progress');
CREATE INDEX jobs_leased ON runcomfy_images.jobs (holder) WHERE holder IS NOT NULL;

-- What the program promises, held by the database too: no request id is lost or changed, and an end absorbs what comes
-- late, unless RunComfy accepted the job after all.
CREATE FUNCTION runcomfy_images.keep_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.request_id IS NOT NULL AND NEW.request_id IS DISTINCT FROM OLD.request_id THEN
    RAISE EXCEPTION 'job % has a request id, which stays', OLD.id;
  END IF;
  IF OLD.state IN ('succeeded', 'failed', 'cancelled') AND NEW.state <> OLD.state
    AND NOT (OLD.request_id IS NULL AND NEW.request_id IS NOT NULL) THEN
    RAISE EXCEPTION 'job % has ended as %, which stays', OLD.id, OLD.state;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keep_ends BEFORE UPDATE ON runcomfy_images.jobs
  FOR EACH ROW EXECUTE FUNCTION runcomfy_images.keep_ends();

-- Of a code only its hash is kept. The subject is JSON, as it may have characters that text has not. taken_by names the one
-- who used the approval up, so that he finds it again if the reply was lost.
CREATE TABLE runcomfy_images.approvals (
  account_id uuid NOT NULL REFERENCES runcomfy_images.accounts ON DELETE CASCADE,
  code_hash text NOT NULL,
  fingerprint text NOT NULL,
  usd double precision,
  subject text NOT NULL,
  expires_at timestamptz NOT NULL,
  is_approved boolean NOT NULL DEFAULT false,
  taken_by uuid,
  PRIMARY KEY (account_id, code_hash)
);
CREATE INDEX approvals_fingerprint ON runcomfy_images.approvals (account_id, fingerprint);
