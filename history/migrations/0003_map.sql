-- The third schema: maps of embeddings and the clusters in them. They are drawn
-- from what the records hold and can be drawn again; so they are not on the
-- chain, and a part that retention removes leaves its map, too.

CREATE TABLE maps (
	id              INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	time            INTEGER NOT NULL,
	recipe          TEXT    NOT NULL,
	recipe_sha256   TEXT    NOT NULL,
	perplexity      REAL    NOT NULL,
	kl              REAL    NOT NULL,
	silhouette      REAL,
	agreement       REAL,
	trustworthiness REAL,
	scale           REAL    NOT NULL CHECK (scale >= 0),
	basis           BLOB    NOT NULL
) STRICT;
CREATE INDEX maps_recipe ON maps (recipe_sha256, id);

CREATE TABLE map_points (
	map      INTEGER NOT NULL REFERENCES maps (id) ON DELETE CASCADE,
	verdict  INTEGER NOT NULL REFERENCES verdicts (id) ON DELETE CASCADE,
	x        REAL    NOT NULL CHECK (abs(x) < 1.8e308),
	y        REAL    NOT NULL CHECK (abs(y) < 1.8e308),
	distance REAL    NOT NULL CHECK (distance >= 0), -- from its nearest
	outside  INTEGER NOT NULL CHECK (outside IN (0, 1)),
	placed   INTEGER NOT NULL CHECK (placed IN (0, 1)),
	PRIMARY KEY (map, verdict)
) STRICT, WITHOUT ROWID;
CREATE INDEX map_points_verdict ON map_points (verdict);

CREATE TABLE clusters (
	id     INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
	map    INTEGER NOT NULL REFERENCES maps (id) ON DELETE CASCADE,
	kind   TEXT    NOT NULL CHECK (kind IN ('found', 'named', 'class')),
	name   TEXT    NOT NULL CHECK (name <> '' OR kind = 'found'),
	author TEXT    NOT NULL,
	time   INTEGER NOT NULL
) STRICT;
CREATE INDEX clusters_map ON clusters (map);

CREATE TABLE cluster_members (
	cluster INTEGER NOT NULL REFERENCES clusters (id) ON DELETE CASCADE,
	verdict INTEGER NOT NULL REFERENCES verdicts (id) ON DELETE CASCADE,
	PRIMARY KEY (cluster, verdict)
) STRICT, WITHOUT ROWID;
CREATE INDEX cluster_members_verdict ON cluster_members (verdict);
