//go:build onednn

package anomaly

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recipeOf returns a calibrated recipe of the named method, learnt in a few steps
// from noise.
func recipeOf(t *testing.T, name string, o TrainOptions) *Recipe {
	t.Helper()
	e := oneThread(t)
	n := Network{Size: "T", Width: 64, Height: 64, Method: name}
	if name == agurnet {
		n.Method = ""
	}
	normals, held := noises(1, 8, 64, 64), noises(2, 4, 64, 64)
	m, sum, err := Train(t.Context(), e, n, normals, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &Recipe{Name: name, Model: m, Training: Training{Steps: sum.Steps, Loss: sum.Loss}}
	if n.Describes() {
		if err := FitStatistics(t.Context(), e, r, normals, 1); err != nil {
			t.Fatal(err)
		}
	}
	if err := Calibrate(t.Context(), e, r, AsIs(held), CalibrateOptions{Alignment: Registered}); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEveryMethodIsARecipe(t *testing.T) {
	for _, m := range Methods {
		t.Run(m.Name, func(t *testing.T) {
			r := recipeOf(t, m.Name, TrainOptions{Steps: 2})
			path := filepath.Join(t.TempDir(), "r.agur")
			if err := r.Save(path); err != nil {
				t.Fatal(err)
			}
			back, err := LoadRecipe(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := back.Model.Network; got != r.Model.Network {
				t.Fatalf("network %+v, want %+v", got, r.Model.Network)
			}
			x := noises(3, 2, 64, 64)
			e := oneThread(t)
			a, b := detector(t, e, r), detector(t, e, back)
			for i := range x {
				p, err := detect(a, x[i])
				if err != nil {
					t.Fatal(err)
				}
				q, err := detect(b, x[i])
				if err != nil {
					t.Fatal(err)
				}
				if p.Score != q.Score || !slices.Equal(p.Map.Pix, q.Map.Pix) {
					t.Errorf("picture %d: score %g as trained, %g as loaded, or another map", i, p.Score, q.Score)
				}
				if (p.Reconstruction != nil) != m.Reconstructs {
					t.Errorf("reconstruction %v", p.Reconstruction != nil)
				}
				if len(p.Embedding) == 0 || len(p.Terms) == 0 {
					t.Errorf("embedding of %d numbers, %d terms", len(p.Embedding), len(p.Terms))
				}
			}
			first, _ := detect(a, x[0])
			again, _ := detect(a, x[0])
			if first.Score != again.Score {
				t.Errorf("the same picture scores %g and %g", first.Score, again.Score)
			}
			if c := back.Model.Cost(); m.rival != nil && c.MACs < 0 {
				t.Errorf("cost %+v", c)
			}
			w, err := Explain(t.Context(), e, back, &Prepared{Input: x[0]})
			if err != nil || w.Fused == nil {
				t.Errorf("explain: %v", err)
			}
			if _, err := back.ONNX("test"); (err == nil) != (m.Name == agurnet) {
				t.Errorf("export: %v", err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
			if _, err := detect(a, x[0]); !errors.Is(err, ErrClosed) {
				t.Errorf("closed: %v", err)
			}
		})
	}
}

func TestEveryMethodResumes(t *testing.T) {
	for _, m := range Methods[1:] {
		if !m.Trained {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			e := oneThread(t)
			n := Network{Size: "T", Width: 64, Height: 64, Method: m.Name}
			path := filepath.Join(t.TempDir(), "c")
			o := TrainOptions{Steps: 6, Checkpoint: path, Manifest: "m"}
			normals := noises(1, 8, 64, 64)
			whole, _, err := Train(t.Context(), e, n, normals, o, nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			o.Resume = false
			_, _, err = Train(ctx, e, n, normals, o, func(p Progress) {
				if p.Step == 3 {
					cancel()
				}
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("cancelled: %v", err)
			}
			o.Resume = true
			resumed, sum, err := Train(t.Context(), e, n, normals, o, nil)
			if err != nil || !sum.Resumed {
				t.Fatalf("resumed %v: %v", sum.Resumed, err)
			}
			if !sameBits(whole.Params.Snapshot(nil), resumed.Params.Snapshot(nil)) {
				t.Error("a resumed training ends with other weights")
			}
			o.Seed = 9
			if _, _, err := Train(t.Context(), e, n, normals, o, nil); !errors.Is(err, ErrCheckpoint) {
				t.Errorf("another seed: %v", err)
			}
		})
	}
}

func TestUnknownMethodsAreRefused(t *testing.T) {
	r := sample(t)
	_, err := ParseRecipe(packed(t, edit(t, r, map[string][]byte{
		"recipe.json": describe(t, r, func(f *recipeFile) { f.Method = "oracle" }),
	})))
	if err == nil || !strings.Contains(err.Error(), `uses method "oracle"`) {
		t.Errorf("recipe: %v", err)
	}
	if err := (Network{Size: "T", Width: 64, Height: 64, Method: "oracle"}).Validate(); err == nil {
		t.Error("network: no error")
	}
	if err := (Network{Size: "T", Width: 64, Height: 64, Method: "pca", MGAN: "band"}).Validate(); err == nil {
		t.Error("variant of a control: no error")
	}
}
