package history

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sqlite3 runs the program of that name, as somebody would who wants another
// past. Triggers are dropped and put back, for who may write the file may do so.
func sqlite3Program(t *testing.T, path, script string) {
	t.Helper()
	cmd := exec.Command("sqlite3", "-bail", path)
	cmd.Stdin = strings.NewReader(script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("sqlite3 (make setup installs it): %v: %s", err, out)
	}
}

// eventful makes a history in which everything has happened.
func eventful(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "history.db")
	s := mustReopen(t, path)
	ctx := context.Background()
	run := mustRun(t, s)
	for i := range 40 {
		r := sample(run.ID, i)
		r.Stages, r.Operator, r.Part = Stages{{"decode", time.Millisecond}}, "anna", fmt.Sprint("SN", i)
		if i == 7 {
			r.Image, r.Maps = []byte("a picture"), []byte("its maps")
		}
		mustAdd(t, s, r)
	}
	for _, err := range []error{
		s.Override(ctx, 5, OK, "anna", "dust"),
		s.Override(ctx, 5, NG, "boris", "no"),
		s.Annotate(ctx, 6, "anna", "look again"),
		s.Change(ctx, Change{Operator: "anna", Setting: "reject", Before: "0.8", After: "0.9", Reason: "lot 7"}),
		s.EndRun(ctx, run.ID, Done, "all parts"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.MakeGolden(ctx, GoldenSet{Name: "release", Members: []Golden{{5, ""}, {2, OK}}}); err != nil {
		t.Fatal(err)
	}
	mustAdd(t, s, sample(mustRun(t, s).ID, 40))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// copyHistory copies a closed history with its files.
func copyHistory(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "history.db")
	data, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(to, data, 0o666)
	}
	if err == nil {
		err = os.CopyFS(to+".files", os.DirFS(path+".files"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func verify(t *testing.T, path string, witness Head) *Verification {
	t.Helper()
	s, err := OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	v, err := s.Verify(context.Background(), witness, nil)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// untriggered runs edits with every trigger out of the way and back afterwards.
func untriggered(t *testing.T, path, edits string) {
	t.Helper()
	s, err := OpenReadOnly(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := readSchema(context.Background(), s.in().readers)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	var drop, back bytes.Buffer
	for name, sql := range all {
		if name, ok := strings.CutPrefix(name, "trigger "); ok {
			fmt.Fprintf(&drop, "DROP TRIGGER %s;\n", name)
			fmt.Fprintf(&back, "%s;\n", sql)
		}
	}
	sqlite3Program(t, path, "PRAGMA foreign_keys = off; BEGIN;\n"+drop.String()+edits+";\n"+back.String()+"COMMIT;")
}

// Whoever may write to the file can do anything to it; that it was done must
// show, and where.
func TestTamperingIsFoundAndLocated(t *testing.T) {
	path := eventful(t)
	clean := verify(t, path, Head{})
	if len(clean.Faults) > 0 || clean.Verdicts != 41 || clean.Files != 2 {
		t.Fatalf("the untouched history: %+v", clean)
	}
	const newestLink = "(SELECT max(n) FROM links)"
	for _, c := range []struct {
		name, edit string
		table      string // of the first fault
		row        int64
	}{
		{"verdict turned", "UPDATE verdicts SET verdict = 'OK' WHERE id = 5", "verdicts", 5},
		{"score lowered by the last bit", "UPDATE verdicts SET score = score - 1e-16 WHERE id = 3", "verdicts", 3},
		{"threshold moved", "UPDATE verdicts SET reject = 0.95 WHERE id = 20", "verdicts", 20},
		{"time moved by a microsecond", "UPDATE verdicts SET time = time + 1 WHERE id = 11", "verdicts", 11},
		{"operator renamed", "UPDATE verdicts SET operator = 'boris' WHERE id = 12", "verdicts", 12},
		{"another picture named", "UPDATE verdicts SET thumbnail_sha256 = (SELECT thumbnail_sha256 FROM verdicts WHERE id = 1) WHERE id = 2", "verdicts", 2},
		{"verdict removed", "DELETE FROM regions WHERE verdict = 8; DELETE FROM embeddings WHERE verdict = 8; DELETE FROM verdicts WHERE id = 8", "verdicts", 8},
		{"first verdict removed", "DELETE FROM regions WHERE verdict = 1; DELETE FROM embeddings WHERE verdict = 1; DELETE FROM verdicts WHERE id = 1", "verdicts", 1},
		{"verdict inserted", "INSERT INTO verdicts SELECT 900, run, seq, time, path, name, label, type, 'OK', score, idx, low, high, review, reject, mode, regions, latency, error, recipe, recipe_sha256, thumbnail_sha256, part, operator, stages, min_area, NULL, NULL FROM verdicts WHERE id = 1; UPDATE sqlite_sequence SET seq = 41 WHERE name = 'verdicts'", "verdicts", 900},
		{"two verdicts exchanged", "UPDATE verdicts SET id = 999 WHERE id = 9; UPDATE verdicts SET id = 9 WHERE id = 10; UPDATE verdicts SET id = 10 WHERE id = 999", "verdicts", 9},
		{"region removed", "DELETE FROM regions WHERE verdict = 4 AND n = 0; UPDATE verdicts SET regions = regions - 1 WHERE id = 4", "verdicts", 4},
		{"region shrunk", "UPDATE regions SET area = 1 WHERE verdict = 7 AND n = 1", "verdicts", 7},
		{"region invented", "INSERT INTO regions VALUES (1, 0, 1, 1, 1, 1, 1, 1.0, 1.0, 'dark')", "verdicts", 1},
		{"embedding exchanged", "UPDATE embeddings SET vector = (SELECT vector FROM embeddings WHERE verdict = 1) WHERE verdict = 13", "verdicts", 13},
		{"reason rewritten", "UPDATE overrides SET reason = 'agreed with the customer' WHERE id = 1", "overrides", 1},
		{"override removed", "DELETE FROM overrides WHERE id = 2", "overrides", 2},
		{"override inserted", "INSERT INTO overrides (verdict, time, reviewed, reviewer, reason) VALUES (20, 0, 'OK', 'anna', '')", "overrides", 3},
		{"note rewritten", "UPDATE notes SET text = 'fine' WHERE id = 1", "notes", 1},
		{"changed setting hidden", "DELETE FROM changes WHERE id = 1", "changes", 1},
		{"run given another recipe", "UPDATE runs SET recipe = 'other' WHERE id = 1", "runs", 1},
		{"run reopened", "UPDATE runs SET status = 'running', ended = NULL WHERE id = 1", "runs", 1},
		{"golden part exchanged", "UPDATE golden_members SET expected = 'NG' WHERE verdict = 2", "golden_sets", 1},
		{"tombstone forged", "INSERT INTO retentions (time, operator, reason, what, through) VALUES (0, '', '', 'verdicts', 30); DELETE FROM regions WHERE verdict = 8; DELETE FROM embeddings WHERE verdict = 8; DELETE FROM verdicts WHERE id = 8", "retentions", 1},
		{"link changed", "UPDATE links SET content = zeroblob(32) WHERE n = 10", "links", 10},
		{"link removed", "DELETE FROM links WHERE n = 10", "links", 10},
		{"links exchanged", "UPDATE links SET n = 999 WHERE n = 10; UPDATE links SET n = 10 WHERE n = 11; UPDATE links SET n = 11 WHERE n = 999", "links", 10},
		{"row and link changed alike", "UPDATE verdicts SET score = 0.1 WHERE id = 9; UPDATE links SET hash = zeroblob(32) WHERE kind = 'verdict' AND row = 9", "links", 10},
		{"newest verdict removed with its link", "DELETE FROM regions WHERE verdict = 41; DELETE FROM embeddings WHERE verdict = 41; DELETE FROM verdicts WHERE id = 41; DELETE FROM links WHERE n = " + newestLink, "head", 1},
		{"and the head set back", "DELETE FROM regions WHERE verdict = 41; DELETE FROM embeddings WHERE verdict = 41; DELETE FROM verdicts WHERE id = 41; DELETE FROM links WHERE n = " + newestLink + "; UPDATE head SET n = " + newestLink + ", hash = (SELECT hash FROM links ORDER BY n DESC LIMIT 1)", "verdicts", 41},
		{"thumbnail exchanged", "UPDATE thumbnails SET bytes = x'00' WHERE verdict = 6", "thumbnails", 6},
		{"thumbnail removed", "DELETE FROM thumbnails WHERE verdict = 6", "thumbnails", 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			forged := copyHistory(t, path)
			untriggered(t, forged, c.edit)
			v := verify(t, forged, Head{})
			if len(v.Faults) == 0 {
				t.Fatal("not found")
			}
			if f := v.Faults[0]; f.Table != c.table || f.Row != c.row {
				t.Errorf("located at %v, want %s row %d; all: %v", f, c.table, c.row, v.Faults)
			}
		})
	}
	t.Run("trigger left out", func(t *testing.T) {
		forged := copyHistory(t, path)
		sqlite3Program(t, forged, "DROP TRIGGER verdicts_update;")
		if v := verify(t, forged, Head{}); len(v.Faults) != 1 || v.Faults[0].Table != "trigger verdicts_update" {
			t.Errorf("%v", v.Faults)
		}
	})
	t.Run("picture file changed", func(t *testing.T) {
		forged := copyHistory(t, path)
		files, err := filepath.Glob(forged + ".files/*/*")
		if err != nil || len(files) != 2 {
			t.Fatal(files, err)
		}
		if err := os.WriteFile(files[0], []byte("another"), 0o666); err != nil {
			t.Fatal(err)
		}
		if v := verify(t, forged, Head{}); len(v.Faults) != 1 || v.Faults[0].Table != "files" || v.Faults[0].Row != 8 {
			t.Errorf("%v", v.Faults)
		}
	})
	// Whoever rewrites everything consistently, sequence and all, is found by a
	// head that was noted elsewhere, and only so.
	t.Run("end cut off without a trace", func(t *testing.T) {
		forged := copyHistory(t, path)
		untriggered(t, forged, "DELETE FROM regions WHERE verdict = 41; DELETE FROM embeddings WHERE verdict = 41; DELETE FROM verdicts WHERE id = 41; DELETE FROM links WHERE n = "+newestLink+"; UPDATE head SET n = "+newestLink+", hash = (SELECT hash FROM links ORDER BY n DESC LIMIT 1); UPDATE sqlite_sequence SET seq = 40 WHERE name = 'verdicts'; DELETE FROM thumbnails WHERE verdict = 41")
		if v := verify(t, forged, Head{}); len(v.Faults) != 0 {
			t.Errorf("without a witness: %v", v.Faults)
		}
		if v := verify(t, forged, clean.Head); len(v.Faults) != 1 || !strings.Contains(v.Faults[0].Why, "cut off") {
			t.Errorf("with one: %v", v.Faults)
		}
		if v := verify(t, path, clean.Head); len(v.Faults) != 0 {
			t.Errorf("the untouched history with one: %v", v.Faults)
		}
	})
}
