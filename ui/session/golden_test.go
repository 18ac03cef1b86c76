package session

import (
	"context"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/datasets"
	"agurscope/datasets/synthec"
	"agurscope/history"
)

func TestAGoldenSetOpensAsASetOfPartsToJudgeBy(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	store, err := history.Open(filepath.Join(dir, "h.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	run, err := store.StartRun(ctx, history.Run{Source: dir})
	if err != nil {
		t.Fatal(err)
	}
	g := history.GoldenSet{Name: "release 4 / ../x", Author: "ann"}
	for i, v := range []history.Verdict{history.OK, history.NG, history.REVIEW, history.OK} {
		m, _ := synthec.Part(synthec.Options{Size: 32}, i, synthec.Defects()[0])
		var data strings.Builder
		if err := png.Encode(&data, m); err != nil {
			t.Fatal(err)
		}
		rec := &history.Record{Run: run.ID, Seq: uint64(i), Path: filepath.Join(dir, "gone.png"), Name: "sub/../part 7.png", Verdict: v, Score: 1, Image: []byte(data.String())}
		if i == 3 {
			rec.Image = nil // and its file is gone
		}
		if err := store.Add(ctx, rec); err != nil {
			t.Fatal(err)
		}
		g.Members = append(g.Members, history.Golden{Verdict: rec.ID})
	}
	if g, err = store.MakeGolden(ctx, g); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time finds everything there
		folder, missing, err := GoldenPictures(ctx, store, g)
		if err != nil || missing != 1 || filepath.Dir(folder) != store.Path()+".golden" {
			t.Fatalf("%s, %d missing, %v", folder, missing, err)
		}
		set, err := datasets.Open(folder)
		if err != nil {
			t.Fatal(err)
		}
		if name := SetName(set); name != "release 4 _ .._x" {
			t.Errorf("it is called %q", name)
		}
		if !set.Golden() || len(set.Test()) != 3 || len(set.Train()) != 0 {
			t.Errorf("%s: %d to judge by, %d to learn from", set.Layout, len(set.Test()), len(set.Train()))
		}
		good := 0
		for _, it := range set.Items {
			if it.Label == datasets.Normal {
				good++
			}
			if _, err := it.Load(); err != nil {
				t.Error(err)
			}
		}
		if good != 1 {
			t.Errorf("%d good parts", good)
		}
	}
	if entries, err := os.ReadDir(store.Path() + ".golden"); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
