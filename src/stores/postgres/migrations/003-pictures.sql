-- The pictures that accounts keep. An account is named by its digest, as in links to its pictures, and a picture as in the
-- records: <sha256>.<extension>. One without bytes is not finished, and nobody reads it.
CREATE TABLE runcomfy_images.pictures (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  bytes integer,
  kept_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX pictures_kept ON runcomfy_images.pictures (account, name) WHERE bytes IS NOT NULL;
CREATE INDEX pictures_account ON runcomfy_images.pictures (account);

-- In pieces, so that no statement and no process holds a whole picture. Pictures are compressed already.
CREATE TABLE runcomfy_images.picture_pieces (
  picture_id bigint NOT NULL REFERENCES runcomfy_images.pictures ON DELETE CASCADE,
  number integer NOT NULL,
  data bytea NOT NULL,
  PRIMARY KEY (picture_id, number)
);
ALTER TABLE runcomfy_images.picture_pieces ALTER COLUMN data SET STORAGE EXTERNAL;
