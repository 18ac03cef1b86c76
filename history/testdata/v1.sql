-- Schema 1 as released, with rows. Never edit: files like this are out there.
-- The first schema: runs, verdicts with their regions, overrides, thumbnails
-- and embeddings. Times are whole microseconds since 1970 in UTC, durations
-- whole nanoseconds. A number that was never measured is NULL, never zero.
-- Records are only ever added; the triggers at the end hold every program to
-- that, not just this one.

PRAGMA application_id = 1097299314; -- 'Agur'

CREATE TABLE runs (
	id            INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	kind          TEXT    NOT NULL CHECK (kind IN ('inspect', 'train', 'evaluate')),
	started       INTEGER NOT NULL,
	ended         INTEGER CHECK (ended >= started),
	source        TEXT    NOT NULL,
	recipe        TEXT    NOT NULL,
	recipe_sha256 TEXT    NOT NULL,
	engine        TEXT    NOT NULL,
	program       TEXT    NOT NULL,
	low           REAL    CHECK (abs(low)    < 1.8e308),
	high          REAL    CHECK (abs(high)   < 1.8e308),
	review        REAL    CHECK (abs(review) < 1.8e308),
	reject        REAL    CHECK (abs(reject) < 1.8e308),
	mode          TEXT    NOT NULL,
	status        TEXT    NOT NULL CHECK (status IN ('running', 'done', 'cancelled', 'failed', 'interrupted')),
	note          TEXT    NOT NULL,
	pid           INTEGER NOT NULL,
	CHECK ((status = 'running') = (ended IS NULL))
) STRICT;

CREATE INDEX runs_status ON runs (status);

CREATE TABLE verdicts (
	id               INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	run              INTEGER NOT NULL REFERENCES runs (id),
	seq              INTEGER NOT NULL CHECK (seq >= 0),
	time             INTEGER NOT NULL,
	path             TEXT    NOT NULL,
	name             TEXT    NOT NULL,
	label            TEXT    NOT NULL,
	type             TEXT    NOT NULL,
	verdict          TEXT    NOT NULL CHECK (verdict IN ('OK', 'REVIEW', 'NG', 'ERROR')),
	score            REAL    CHECK (abs(score) < 1.8e308),
	idx              REAL    CHECK (idx BETWEEN 0 AND 100),
	low              REAL    CHECK (abs(low)    < 1.8e308),
	high             REAL    CHECK (abs(high)   < 1.8e308),
	review           REAL    CHECK (abs(review) < 1.8e308),
	reject           REAL    CHECK (abs(reject) < 1.8e308),
	mode             TEXT    NOT NULL,
	regions          INTEGER NOT NULL CHECK (regions >= 0),
	latency          INTEGER NOT NULL CHECK (latency >= 0),
	error            TEXT    NOT NULL,
	recipe           TEXT    NOT NULL,
	recipe_sha256    TEXT    NOT NULL,
	-- Names the picture whether or not it is still kept: retention may drop a
	-- thumbnail, but not what the record says about it. Hence no reference.
	thumbnail_sha256 TEXT    CHECK (length(thumbnail_sha256) = 64),
	CHECK ((verdict = 'ERROR') = (score IS NULL)),
	CHECK (idx IS NULL OR score IS NOT NULL)
) STRICT;

CREATE INDEX verdicts_run     ON verdicts (run, verdict);
CREATE INDEX verdicts_time    ON verdicts (time);
CREATE INDEX verdicts_verdict ON verdicts (verdict);
CREATE INDEX verdicts_recipe  ON verdicts (recipe);
CREATE INDEX verdicts_sha256  ON verdicts (recipe_sha256);

CREATE TABLE regions (
	verdict  INTEGER NOT NULL REFERENCES verdicts (id),
	n        INTEGER NOT NULL CHECK (n >= 0),
	x        INTEGER NOT NULL,
	y        INTEGER NOT NULL,
	w        INTEGER NOT NULL CHECK (w >= 0),
	h        INTEGER NOT NULL CHECK (h >= 0),
	area     INTEGER NOT NULL CHECK (area >= 0),
	peak     REAL    NOT NULL CHECK (abs(peak) < 1.8e308),
	mean     REAL    NOT NULL CHECK (abs(mean) < 1.8e308),
	polarity TEXT    NOT NULL,
	PRIMARY KEY (verdict, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE overrides (
	id       INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	verdict  INTEGER NOT NULL REFERENCES verdicts (id),
	time     INTEGER NOT NULL,
	reviewed TEXT    NOT NULL CHECK (reviewed IN ('OK', 'REVIEW', 'NG')),
	reviewer TEXT    NOT NULL CHECK (reviewer <> ''),
	reason   TEXT    NOT NULL
) STRICT;

CREATE INDEX overrides_verdict ON overrides (verdict);

CREATE TABLE thumbnails (
	sha256 TEXT PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
	bytes  BLOB NOT NULL CHECK (length(bytes) > 0)
) STRICT;

CREATE TABLE embeddings (
	verdict INTEGER PRIMARY KEY REFERENCES verdicts (id),
	vector  BLOB NOT NULL CHECK (length(vector) > 0 AND length(vector) % 4 = 0) -- float32, little-endian
) STRICT;

-- A run changes once, from running to how it ended.
CREATE TRIGGER runs_identity BEFORE UPDATE OF id, kind, started, source, recipe, recipe_sha256, engine, program,
	low, high, review, reject, mode, pid ON runs
BEGIN SELECT RAISE(ABORT, 'what a run was started with is never changed'); END;
CREATE TRIGGER runs_ended BEFORE UPDATE ON runs WHEN OLD.status <> 'running'
BEGIN SELECT RAISE(ABORT, 'a run that has ended is never changed'); END;
CREATE TRIGGER runs_delete BEFORE DELETE ON runs
BEGIN SELECT RAISE(ABORT, 'runs are never deleted'); END;

CREATE TRIGGER verdicts_update BEFORE UPDATE ON verdicts
BEGIN SELECT RAISE(ABORT, 'verdicts are never changed'); END;
CREATE TRIGGER verdicts_delete BEFORE DELETE ON verdicts
BEGIN SELECT RAISE(ABORT, 'verdicts are never deleted'); END;

CREATE TRIGGER regions_update BEFORE UPDATE ON regions
BEGIN SELECT RAISE(ABORT, 'regions are never changed'); END;
CREATE TRIGGER regions_delete BEFORE DELETE ON regions
BEGIN SELECT RAISE(ABORT, 'regions are never deleted'); END;

CREATE TRIGGER overrides_update BEFORE UPDATE ON overrides
BEGIN SELECT RAISE(ABORT, 'overrides are never changed'); END;
CREATE TRIGGER overrides_delete BEFORE DELETE ON overrides
BEGIN SELECT RAISE(ABORT, 'overrides are never deleted'); END;

-- INSERT OR REPLACE deletes without asking the triggers above.
CREATE TRIGGER runs_replace BEFORE INSERT ON runs WHEN EXISTS (SELECT 1 FROM runs WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'runs are never replaced'); END;
CREATE TRIGGER verdicts_replace BEFORE INSERT ON verdicts WHEN EXISTS (SELECT 1 FROM verdicts WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'verdicts are never replaced'); END;
CREATE TRIGGER regions_replace BEFORE INSERT ON regions WHEN EXISTS (SELECT 1 FROM regions WHERE verdict = NEW.verdict AND n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'regions are never replaced'); END;
CREATE TRIGGER overrides_replace BEFORE INSERT ON overrides WHEN EXISTS (SELECT 1 FROM overrides WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'overrides are never replaced'); END;

-- A picture may be dropped by retention; it may not become another picture.
CREATE TRIGGER thumbnails_update BEFORE UPDATE ON thumbnails
BEGIN SELECT RAISE(ABORT, 'thumbnails are never changed'); END;
CREATE TRIGGER embeddings_update BEFORE UPDATE ON embeddings
BEGIN SELECT RAISE(ABORT, 'embeddings are never changed'); END;

INSERT INTO runs VALUES (1, 'inspect', 1772366400000000, 1772366460000000, 'parts', 'board.agur', '', 'onednn', '0.1', 0.1, 0.4, 0.6, 0.8, 'half-peak', 'done', '', 4711);
INSERT INTO verdicts VALUES (1, 1, 0, 1772366400000000, '/parts/a.png', 'a.png', '', '', 'NG', 0.9, 56.25, 0.1, 0.4, 0.6, 0.8, 'half-peak', 1, 12000000, '', 'board.agur', '', NULL);
INSERT INTO verdicts VALUES (2, 1, 1, 1772366401000000, '/parts/b.png', 'b.png', '', '', 'ERROR', NULL, NULL, 0.1, 0.4, 0.6, 0.8, 'half-peak', 0, 1000, 'unexpected end of file', 'board.agur', '', NULL);
INSERT INTO regions VALUES (1, 0, 3, 4, 5, 6, 20, 0.9, 0.5, 'dark');
INSERT INTO overrides VALUES (1, 1, 1772366500000000, 'OK', 'anna', 'dust');
PRAGMA user_version = 1;
