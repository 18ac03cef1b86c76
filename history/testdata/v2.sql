PRAGMA application_id = 1097299314;
BEGIN TRANSACTION;
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
	pid           INTEGER NOT NULL, recipe_version TEXT NOT NULL DEFAULT '', operator       TEXT NOT NULL DEFAULT '', end_note       TEXT NOT NULL DEFAULT '',
	CHECK ((status = 'running') = (ended IS NULL))
) STRICT;
INSERT INTO runs VALUES(1,'inspect',1772366400000000,1772366460000000,'parts','board.agur','','onednn','0.1',0.10000000000000000555,0.4000000000000000222,0.59999999999999997779,0.8000000000000000444,'half-peak','done','',4711,'','','');
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
	thumbnail_sha256 TEXT    CHECK (length(thumbnail_sha256) = 64), part         TEXT    NOT NULL DEFAULT '', operator     TEXT    NOT NULL DEFAULT '', stages       TEXT    NOT NULL DEFAULT '', min_area     INTEGER NOT NULL DEFAULT 0 CHECK (min_area >= 0), image_sha256 TEXT CHECK (length(image_sha256) = 64), maps_sha256  TEXT CHECK (length(maps_sha256) = 64),
	CHECK ((verdict = 'ERROR') = (score IS NULL)),
	CHECK (idx IS NULL OR score IS NOT NULL)
) STRICT;
INSERT INTO verdicts VALUES(1,1,0,1772366400000000,'/parts/a.png','a.png','','','NG',0.9000000000000000222,56.25,0.10000000000000000555,0.4000000000000000222,0.59999999999999997779,0.8000000000000000444,'half-peak',1,12000000,'','board.agur','',NULL,'','','',0,NULL,NULL);
INSERT INTO verdicts VALUES(2,1,1,1772366401000000,'/parts/b.png','b.png','','','ERROR',NULL,NULL,0.10000000000000000555,0.4000000000000000222,0.59999999999999997779,0.8000000000000000444,'half-peak',0,1000,'unexpected end of file','board.agur','',NULL,'','','',0,NULL,NULL);
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
INSERT INTO regions VALUES(1,0,3,4,5,6,20,0.9000000000000000222,0.5,'dark');
CREATE TABLE overrides (
	id       INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	verdict  INTEGER NOT NULL REFERENCES verdicts (id),
	time     INTEGER NOT NULL,
	reviewed TEXT    NOT NULL CHECK (reviewed IN ('OK', 'REVIEW', 'NG')),
	reviewer TEXT    NOT NULL CHECK (reviewer <> ''),
	reason   TEXT    NOT NULL
) STRICT;
INSERT INTO overrides VALUES(1,1,1772366500000000,'OK','anna','dust');
CREATE TABLE thumbnails (
	sha256 TEXT PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
	bytes  BLOB NOT NULL CHECK (length(bytes) > 0)
, verdict INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE embeddings (
	verdict INTEGER PRIMARY KEY REFERENCES verdicts (id),
	vector  BLOB NOT NULL CHECK (length(vector) > 0 AND length(vector) % 4 = 0) -- float32, little-endian
) STRICT;
CREATE TABLE files (
	sha256  TEXT    PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
	size    INTEGER NOT NULL CHECK (size > 0),
	verdict INTEGER NOT NULL -- the newest that names it
) STRICT, WITHOUT ROWID;
CREATE TABLE notes (
	id      INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	verdict INTEGER NOT NULL REFERENCES verdicts (id),
	time    INTEGER NOT NULL,
	author  TEXT    NOT NULL CHECK (author <> ''),
	text    TEXT    NOT NULL CHECK (text <> '')
) STRICT;
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
CREATE TABLE retentions (
	id       INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	time     INTEGER NOT NULL,
	operator TEXT    NOT NULL,
	reason   TEXT    NOT NULL,
	what     TEXT    NOT NULL CHECK (what IN ('files', 'thumbnails', 'verdicts')),
	through  INTEGER NOT NULL CHECK (through > 0)
) STRICT;
CREATE TABLE links (
	n       INTEGER PRIMARY KEY CHECK (n > 0),
	kind    TEXT    NOT NULL,
	row     INTEGER NOT NULL,
	verdict INTEGER NOT NULL, -- the one that the row belongs to, 0 for none
	content BLOB    NOT NULL CHECK (length(content) = 32),
	hash    BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO links VALUES(1,'run',1,0,X'64cad5eb22f4a69728d300732f8f6a54646971edb310aa4dab041a0f3bab7110',X'4d81412129913abccd97ef59268e7d668c88af1d89aba068a38a6f4388008a40');
INSERT INTO links VALUES(2,'end',1,0,X'2dcda8e444245780cf38b5bc9209b81d5a4c37a412b8561ee9efa69ffcac9ac8',X'7ba75ec749f7957a70f4980d2e178ede8d4ffbdd1735baeb32bde363fe151804');
INSERT INTO links VALUES(3,'verdict',1,1,X'0a456fc4a0cfcc48cc3dfb18d969adb10533e9340a215479467da8711b488ce8',X'56c6aa4483f78bcd14831362efe4dbf67b2b8a39b789372bab31e821ee13f838');
INSERT INTO links VALUES(4,'verdict',2,2,X'3d125bb221f537e992b25c9b4a95fe43b53fa283ef9ed41d35ed760c9c392e9e',X'e5817f74e2ee90ca0a9ce7c0aba7bb4ccbdcadce32493f4ecdf38de7789e0d39');
INSERT INTO links VALUES(5,'override',1,1,X'820add15959eefa9e069651956b5af90a7fec8adacc06dac0307e678b6041d14',X'b3eb29561d4c38c03834dca528643f12e417357bef09c283cad367dde020310c');
CREATE TABLE head (
	id   INTEGER PRIMARY KEY CHECK (id = 1),
	n    INTEGER NOT NULL,
	hash BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO head VALUES(1,5,X'b3eb29561d4c38c03834dca528643f12e417357bef09c283cad367dde020310c');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('runs',1);
INSERT INTO sqlite_sequence VALUES('verdicts',2);
INSERT INTO sqlite_sequence VALUES('overrides',1);
CREATE INDEX runs_status ON runs (status);
CREATE INDEX verdicts_run     ON verdicts (run, verdict);
CREATE INDEX verdicts_time    ON verdicts (time);
CREATE INDEX verdicts_verdict ON verdicts (verdict);
CREATE INDEX verdicts_recipe  ON verdicts (recipe);
CREATE INDEX verdicts_sha256  ON verdicts (recipe_sha256);
CREATE INDEX overrides_verdict ON overrides (verdict);
CREATE TRIGGER runs_ended BEFORE UPDATE ON runs WHEN OLD.status <> 'running'
BEGIN SELECT RAISE(ABORT, 'a run that has ended is never changed'); END;
CREATE TRIGGER runs_delete BEFORE DELETE ON runs
BEGIN SELECT RAISE(ABORT, 'runs are never deleted'); END;
CREATE TRIGGER verdicts_update BEFORE UPDATE ON verdicts
BEGIN SELECT RAISE(ABORT, 'verdicts are never changed'); END;
CREATE TRIGGER regions_update BEFORE UPDATE ON regions
BEGIN SELECT RAISE(ABORT, 'regions are never changed'); END;
CREATE TRIGGER overrides_update BEFORE UPDATE ON overrides
BEGIN SELECT RAISE(ABORT, 'overrides are never changed'); END;
CREATE TRIGGER runs_replace BEFORE INSERT ON runs WHEN EXISTS (SELECT 1 FROM runs WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'runs are never replaced'); END;
CREATE TRIGGER verdicts_replace BEFORE INSERT ON verdicts WHEN EXISTS (SELECT 1 FROM verdicts WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'verdicts are never replaced'); END;
CREATE TRIGGER regions_replace BEFORE INSERT ON regions WHEN EXISTS (SELECT 1 FROM regions WHERE verdict = NEW.verdict AND n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'regions are never replaced'); END;
CREATE TRIGGER overrides_replace BEFORE INSERT ON overrides WHEN EXISTS (SELECT 1 FROM overrides WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'overrides are never replaced'); END;
CREATE TRIGGER embeddings_update BEFORE UPDATE ON embeddings
BEGIN SELECT RAISE(ABORT, 'embeddings are never changed'); END;
CREATE INDEX thumbnails_verdict ON thumbnails (verdict);
CREATE TRIGGER thumbnails_update BEFORE UPDATE OF sha256, bytes ON thumbnails
BEGIN SELECT RAISE(ABORT, 'thumbnails are never changed'); END;
CREATE INDEX files_verdict ON files (verdict);
CREATE INDEX notes_verdict ON notes (verdict);
CREATE INDEX golden_members_verdict ON golden_members (verdict);
CREATE INDEX retentions_what ON retentions (what, through);
CREATE INDEX verdicts_seek ON verdicts (part) WHERE part <> '';
CREATE TRIGGER runs_identity BEFORE UPDATE OF id, kind, started, source, recipe, recipe_sha256, engine, program,
	low, high, review, reject, mode, note, pid, recipe_version, operator ON runs
BEGIN SELECT RAISE(ABORT, 'what a run was started with is never changed'); END;
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
COMMIT;
PRAGMA user_version = 2;
