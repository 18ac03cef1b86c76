-- The second schema: every row is a link in one chain of hashes, so that a row
-- that was changed, removed, inserted or moved is found (chain.go says what is
-- hashed). Beside it: who was at the station, what the time was spent on, full
-- pictures and maps, notes, golden sets, changed settings, and retention, which
-- removes rows only under a tombstone that is itself on the chain.

ALTER TABLE runs ADD COLUMN recipe_version TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN operator       TEXT NOT NULL DEFAULT '';
-- A run's end is a link of its own, so its note must not touch the first one.
ALTER TABLE runs ADD COLUMN end_note       TEXT NOT NULL DEFAULT '';

ALTER TABLE verdicts ADD COLUMN part         TEXT    NOT NULL DEFAULT '';
ALTER TABLE verdicts ADD COLUMN operator     TEXT    NOT NULL DEFAULT '';
ALTER TABLE verdicts ADD COLUMN stages       TEXT    NOT NULL DEFAULT '';
ALTER TABLE verdicts ADD COLUMN min_area     INTEGER NOT NULL DEFAULT 0 CHECK (min_area >= 0);
-- The picture itself and the maps, kept as files beside the database.
ALTER TABLE verdicts ADD COLUMN image_sha256 TEXT CHECK (length(image_sha256) = 64);
ALTER TABLE verdicts ADD COLUMN maps_sha256  TEXT CHECK (length(maps_sha256) = 64);

-- The newest verdict that shows the picture: retention goes by it.
DROP TRIGGER thumbnails_update;
ALTER TABLE thumbnails ADD COLUMN verdict INTEGER NOT NULL DEFAULT 0;
UPDATE thumbnails SET verdict = newest.id
	FROM (SELECT thumbnail_sha256 AS sha, max(id) AS id FROM verdicts GROUP BY 1) newest WHERE newest.sha = thumbnails.sha256;
CREATE INDEX thumbnails_verdict ON thumbnails (verdict);
CREATE TRIGGER thumbnails_update BEFORE UPDATE OF sha256, bytes ON thumbnails
BEGIN SELECT RAISE(ABORT, 'thumbnails are never changed'); END;

CREATE TABLE files (
	sha256  TEXT    PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
	size    INTEGER NOT NULL CHECK (size > 0),
	verdict INTEGER NOT NULL -- the newest that names it
) STRICT, WITHOUT ROWID;
CREATE INDEX files_verdict ON files (verdict);

CREATE TABLE notes (
	id      INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	verdict INTEGER NOT NULL REFERENCES verdicts (id),
	time    INTEGER NOT NULL,
	author  TEXT    NOT NULL CHECK (author <> ''),
	text    TEXT    NOT NULL CHECK (text <> '')
) STRICT;
CREATE INDEX notes_verdict ON notes (verdict);

CREATE TABLE changes (
	id       INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	time     INTEGER NOT NULL,
	operator TEXT    NOT NULL,
	setting  TEXT    NOT NULL CHECK (setting <> ''),
	before   TEXT    NOT NULL,
	after    TEXT    NOT NULL,
	reason   TEXT    NOT NULL
) STRICT;

CREATE TABLE golden_sets (
	id     INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	time   INTEGER NOT NULL,
	name   TEXT    NOT NULL CHECK (name <> ''),
	author TEXT    NOT NULL,
	note   TEXT    NOT NULL
) STRICT;
CREATE TABLE golden_members (
	golden   INTEGER NOT NULL REFERENCES golden_sets (id),
	verdict  INTEGER NOT NULL REFERENCES verdicts (id),
	expected TEXT    NOT NULL CHECK (expected IN ('OK', 'REVIEW', 'NG')),
	PRIMARY KEY (golden, verdict)
) STRICT, WITHOUT ROWID;
CREATE INDEX golden_members_verdict ON golden_members (verdict);

-- A tombstone: up to which verdict what was removed, except golden parts.
CREATE TABLE retentions (
	id       INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	time     INTEGER NOT NULL,
	operator TEXT    NOT NULL,
	reason   TEXT    NOT NULL,
	what     TEXT    NOT NULL CHECK (what IN ('files', 'thumbnails', 'verdicts')),
	through  INTEGER NOT NULL CHECK (through > 0)
) STRICT;
CREATE INDEX retentions_what ON retentions (what, through);

-- One link per row of runs (two for one that has ended), verdicts, overrides,
-- notes, changes, golden_sets and retentions. A link outlives its row.
CREATE TABLE links (
	n       INTEGER PRIMARY KEY CHECK (n > 0),
	kind    TEXT    NOT NULL,
	row     INTEGER NOT NULL,
	verdict INTEGER NOT NULL, -- the one that the row belongs to, 0 for none
	content BLOB    NOT NULL CHECK (length(content) = 32),
	hash    BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
-- The newest link, so that removing the end of the chain shows.
CREATE TABLE head (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	n    INTEGER NOT NULL,
	hash BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO head VALUES (1, 0, zeroblob(32));

CREATE INDEX verdicts_seek ON verdicts (part) WHERE part <> '';

DROP TRIGGER runs_identity;
CREATE TRIGGER runs_identity BEFORE UPDATE OF id, kind, started, source, recipe, recipe_sha256, engine, program,
	low, high, review, reject, mode, note, pid, recipe_version, operator ON runs
BEGIN SELECT RAISE(ABORT, 'what a run was started with is never changed'); END;

-- What belongs to a verdict goes only under a tombstone, and golden parts never.
DROP TRIGGER verdicts_delete;
DROP TRIGGER regions_delete;
DROP TRIGGER overrides_delete;
CREATE TRIGGER verdicts_delete BEFORE DELETE ON verdicts
WHEN OLD.id > (SELECT coalesce(max(through), 0) FROM retentions WHERE what = 'verdicts') OR OLD.id IN (SELECT verdict FROM golden_members)
BEGIN SELECT RAISE(ABORT, 'verdicts are never deleted'); END;
CREATE TRIGGER regions_delete BEFORE DELETE ON regions
WHEN OLD.verdict > (SELECT coalesce(max(through), 0) FROM retentions WHERE what = 'verdicts') OR OLD.verdict IN (SELECT verdict FROM golden_members)
BEGIN SELECT RAISE(ABORT, 'regions are never deleted'); END;
CREATE TRIGGER embeddings_delete BEFORE DELETE ON embeddings
WHEN OLD.verdict > (SELECT coalesce(max(through), 0) FROM retentions WHERE what = 'verdicts') OR OLD.verdict IN (SELECT verdict FROM golden_members)
BEGIN SELECT RAISE(ABORT, 'embeddings are never deleted'); END;
CREATE TRIGGER overrides_delete BEFORE DELETE ON overrides
WHEN OLD.verdict > (SELECT coalesce(max(through), 0) FROM retentions WHERE what = 'verdicts') OR OLD.verdict IN (SELECT verdict FROM golden_members)
BEGIN SELECT RAISE(ABORT, 'overrides are never deleted'); END;
CREATE TRIGGER notes_delete BEFORE DELETE ON notes
WHEN OLD.verdict > (SELECT coalesce(max(through), 0) FROM retentions WHERE what = 'verdicts') OR OLD.verdict IN (SELECT verdict FROM golden_members)
BEGIN SELECT RAISE(ABORT, 'notes are never deleted'); END;
CREATE TRIGGER thumbnails_delete BEFORE DELETE ON thumbnails
WHEN OLD.verdict > (SELECT coalesce(max(through), 0) FROM retentions WHERE what IN ('thumbnails', 'verdicts'))
BEGIN SELECT RAISE(ABORT, 'thumbnails are only removed by retention'); END;

CREATE TRIGGER notes_update BEFORE UPDATE ON notes
BEGIN SELECT RAISE(ABORT, 'notes are never changed'); END;
CREATE TRIGGER changes_update BEFORE UPDATE ON changes
BEGIN SELECT RAISE(ABORT, 'changes are never changed'); END;
CREATE TRIGGER changes_delete BEFORE DELETE ON changes
BEGIN SELECT RAISE(ABORT, 'changes are never deleted'); END;
CREATE TRIGGER golden_sets_update BEFORE UPDATE ON golden_sets
BEGIN SELECT RAISE(ABORT, 'golden sets are never changed'); END;
CREATE TRIGGER golden_sets_delete BEFORE DELETE ON golden_sets
BEGIN SELECT RAISE(ABORT, 'golden sets are never deleted'); END;
CREATE TRIGGER golden_members_update BEFORE UPDATE ON golden_members
BEGIN SELECT RAISE(ABORT, 'golden sets are never changed'); END;
CREATE TRIGGER golden_members_delete BEFORE DELETE ON golden_members
BEGIN SELECT RAISE(ABORT, 'golden sets are never changed'); END;
CREATE TRIGGER retentions_update BEFORE UPDATE ON retentions
BEGIN SELECT RAISE(ABORT, 'tombstones are never changed'); END;
CREATE TRIGGER retentions_delete BEFORE DELETE ON retentions
BEGIN SELECT RAISE(ABORT, 'tombstones are never deleted'); END;
CREATE TRIGGER links_update BEFORE UPDATE ON links
BEGIN SELECT RAISE(ABORT, 'the chain is never changed'); END;
CREATE TRIGGER links_delete BEFORE DELETE ON links
BEGIN SELECT RAISE(ABORT, 'the chain is never changed'); END;
CREATE TRIGGER links_replace BEFORE INSERT ON links WHEN EXISTS (SELECT 1 FROM links WHERE n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'the chain is never changed'); END;
CREATE TRIGGER head_back BEFORE UPDATE ON head WHEN NEW.n <= OLD.n
BEGIN SELECT RAISE(ABORT, 'the chain only grows'); END;
CREATE TRIGGER head_delete BEFORE DELETE ON head
BEGIN SELECT RAISE(ABORT, 'the chain only grows'); END;
