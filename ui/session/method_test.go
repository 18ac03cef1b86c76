package session

import (
	"path/filepath"
	"strings"
	"testing"

	"agurscope/datasets"
)

// The classical controls need no engine that computes: a fake one shows that the
// whole way, from a folder to a verdict on the disk, is theirs, too.
func TestControlsAreRecipes(t *testing.T) {
	for _, method := range []string{"template", "pca", "handcrafted"} {
		t.Run(method, func(t *testing.T) {
			b := newBench(t)
			root := parts(t, good(12, 70, 70)...)
			set, err := b.OpenSet(root)
			if err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(t.TempDir(), "r.agur")
			res, err := b.Train(t.Context(), set, TrainOptions{Method: method, Out: out, Input: 64}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := res.Recipe.Method(); got != method {
				t.Errorf("method %s", got)
			}
			r, err := b.OpenRecipe(out)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Method(); got != method {
				t.Errorf("method %s of the file", got)
			}
			run, err := b.StartRun(t.Context(), "test")
			if err != nil {
				t.Fatal(err)
			}
			res2, err := b.InspectOne(t.Context(), run, set.Items[0])
			if err != nil || res2.Err != nil || res2.Prediction == nil {
				t.Fatalf("%v, %v", err, res2)
			}
			if (res2.Prediction.Reconstruction == nil) != (method == "handcrafted") {
				t.Error("which methods have a reconstruction")
			}
			maps, err := encodeMaps(res2)
			if err != nil {
				t.Fatal(err)
			}
			if err := decodeMaps(maps, &Result{}); err != nil {
				t.Error(err)
			}
			if _, err := b.Walk(t.Context(), set.Items[0]); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMethodsAreChecked(t *testing.T) {
	b := newBench(t)
	set := &datasets.Set{}
	for _, o := range []TrainOptions{
		{Method: "oracle", Out: filepath.Join(t.TempDir(), "r.agur")},
		{Method: "pca", Variant: "basic", Out: filepath.Join(t.TempDir(), "r.agur")},
	} {
		if _, err := b.Train(t.Context(), set, o, nil); err == nil || !strings.Contains(err.Error(), o.Method) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if Methods[0] != "agurnet" {
		t.Errorf("the default is %s", Methods[0])
	}
}
