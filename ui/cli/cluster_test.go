//go:build onednn

package cli

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/history"
)

// embeddedHistory is a history with n parts in two kinds.
func embeddedHistory(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "h.db")
	s, err := history.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run, err := s.StartRun(context.Background(), history.Run{Kind: history.Inspect, Source: "p", Recipe: "board"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		v := make([]float32, 8)
		for j := range v {
			v[j] = float32(math.Sin(float64(i*7+j*j))) + float32(10*(i%2)*(j%2))
		}
		if err := s.Add(context.Background(), &history.Record{
			Run: run.ID, Path: fmt.Sprint(i), Verdict: history.OK, Score: 1, Recipe: "board", RecipeSHA256: strings.Repeat("a", 64),
			Embedding: v, Type: []string{"good", "bent"}[i%2],
		}); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestCluster(t *testing.T) {
	db := embeddedHistory(t, 40)
	dir := t.TempDir()
	out := done(t, "cluster", "--db", db, "--json", "--out", filepath.Join(dir, "m.svg")).out
	v := lines(t, out)[0]
	for _, key := range []string{
		"map", "kept", "recipe", "recipe_sha256", "parts", "outside", "perplexity", "kl", "silhouette", "neighbour_agreement",
		"trustworthiness", "truth", "truth_silhouette", "embedding_silhouette", "embedding_neighbour_agreement", "clusters", "picture", "seconds",
	} {
		if _, ok := v[key]; !ok {
			t.Errorf("%s is missing from %s", key, out)
		}
	}
	if v["parts"] != 40. || v["kept"] != true || v["neighbour_agreement"].(float64) < 0.9 || len(v["clusters"].([]any)) < 4 {
		t.Error(out)
	}
	again := lines(t, done(t, "cluster", "--db", db, "--json").out)[0]
	if again["kl"] != v["kl"] || again["silhouette"] != v["silhouette"] {
		t.Error("another map the second time")
	}
	data, err := os.ReadFile(filepath.Join(dir, "m.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	text := done(t, "cluster", "--db", db, "--out", filepath.Join(dir, "m.png"), "--colour", "cluster", "--recipe", "BOARD").out
	for _, word := range []string{"silhouette", "neighbours", "found", "cluster 1", "class", "bent: 20 parts", "m.png"} {
		if !strings.Contains(text, word) {
			t.Errorf("%q is missing from %s", word, text)
		}
	}
	f, err := os.Open(filepath.Join(dir, "m.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Error(err)
	}
}

func TestClusterRefuses(t *testing.T) {
	db, few := embeddedHistory(t, 30), embeddedHistory(t, 3)
	there := filepath.Join(t.TempDir(), "there.png")
	write(t, there, nil)
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"--db " + few, Failed, "only 3 inspected parts"},
		{"--db " + filepath.Join(t.TempDir(), "none.db"), Failed, "none.db"},
		{"--db " + db + " --recipe other", Failed, "there are board"},
		{"--db " + db + " --out " + there, Failed, "is there already"},
		{"--db " + db + " --out map.gif", Usage, ".png or .svg"},
		{"--db " + db + " --colour mood", Usage, "choose from verdict"},
		{"--db " + db + " --perplexity 0.2", Usage, "from 1 on"},
		{"--db " + db + " --min-size 1", Usage, "at least 2"},
	} {
		r := run(t, append([]string{"cluster"}, strings.Fields(c.args)...)...)
		if r.status != c.code || !strings.Contains(r.err, c.says) {
			t.Errorf("cluster %s: %d, %s", c.args, r.status, r.err)
		}
	}
	if _, err := os.Stat("map.gif"); err == nil {
		t.Error("map.gif was made")
	}
}

func TestClusterStopsAndKeepsNothing(t *testing.T) {
	db := embeddedHistory(t, 40)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r := runIn(t, ctx, testEnv(), "cluster", "--db", db); r.status != Failed || !strings.Contains(r.err, "stopped") {
		t.Errorf("%d, %s", r.status, r.err)
	}
	s, err := history.Open(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.MapOf(context.Background()); !errors.Is(err, history.ErrNotFound) {
		t.Error(err)
	}
	// While another program holds it, the map is drawn, but not kept.
	r := run(t, "cluster", "--db", db, "--json")
	if r.status != Done || !strings.Contains(r.err, "not kept") || !strings.Contains(r.out, `"kept":false`) {
		t.Errorf("%d, %s, %s", r.status, r.err, r.out)
	}
	s.Close()
}
