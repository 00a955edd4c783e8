-- What pruning has to know of a job besides its state. A program that does not know them leaves them as they are.
ALTER TABLE runcomfy_images.jobs
  ADD COLUMN favourite boolean NOT NULL DEFAULT false,
  ADD COLUMN deleted boolean NOT NULL DEFAULT false;
