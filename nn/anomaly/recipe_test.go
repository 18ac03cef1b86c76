package anomaly

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"agurscope/nn"
	"agurscope/nn/feature"
	"agurscope/nn/fixture"
	"agurscope/nn/segment"
	"agurscope/nn/ssdae"
)

// sample returns a complete recipe: every term, registered, behind a fixture,
// with thumbnail and notes.
func sample(t testing.TB) *Recipe {
	t.Helper()
	r := withStatistics(t, rich, CalibrateOptions{Alignment: Registered, Position: .75})
	r.Model.Denoiser = ssdae.Acceptance{Strength: .7, PSNRGain: 3.1, ContrastKept: .81, MeanActivation: .05}
	r.Preparation = Preparation{
		Exposure: fixture.Exposure{Median: .4, Gamma: .5},
		Fixture:  frame(t, 24, 32),
		Why:      "On: it raises something.",
	}
	r.Name, r.Program = "Größe 7 “left”", "1.2.3"
	r.Created = time.Date(2026, 2, 3, 4, 5, 6, 789, time.UTC)
	r.Training = Training{Set: "set", Manifest: "abc", Images: 40, Seed: math.MaxUint64, Steps: 600, Batch: 8, Seconds: 1.5, Loss: .25, Engine: "fake"}
	r.Versions = []Version{
		{Number: 2, Time: r.Created, Author: "Жанна", Reason: "fewer false rejects", From: "5a", Setting: &Setting{Mode: segment.HalfPeak, Low: 1, High: 2, Review: 3, Reject: 4}},
		{Number: 3, Time: r.Created, Author: "b", Reason: "trained anew"},
	}
	r.Thumbnail = []byte("\x89PNG not really \x00\xff")
	r.Calibration.Notes = []string{"a note"}
	rng := rand.New(rand.NewPCG(5, 5))
	for _, p := range r.Model.Params.All {
		for i := range p.Data() {
			p.Data()[i] += float32(math.Abs(rng.NormFloat64()) * 1e-3)
		}
	}
	return r
}

// frame returns a fixture of w x h pixels: a bright block on the dark.
func frame(t testing.TB, w, h int) *fixture.Fixture {
	t.Helper()
	f := &fixture.Fixture{
		W: w, H: h, Side: 96, Turn: true, MinScale: .9, MaxScale: 1.1, MinConfidence: .4,
		Template: nn.NewImage(3, h, w), Mask: nn.NewImage(1, h, w),
	}
	for i := range f.Mask.Pix {
		if x, y := i%w, i/w; x > 4 && x < w-5 && y > 4 && y < h-5 {
			f.Mask.Pix[i] = 1
			for c := range 3 {
				f.Template.Plane(c)[i] = .5 + float32(x%7)/20
			}
		}
	}
	if err := f.Validate(); err != nil {
		t.Fatal(err)
	}
	return f
}

// bytesOf returns the file of a recipe.
func bytesOf(t testing.TB, r *Recipe) []byte {
	t.Helper()
	es, err := r.entries()
	if err != nil {
		t.Fatal(err)
	}
	return packed(t, es)
}

func packed(t testing.TB, es []entry) []byte {
	t.Helper()
	b, err := pack(es)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// same reports how two recipes differ, bit by bit; "" if they do not.
func same(a, b *Recipe) string {
	switch {
	case a.Name != b.Name || a.Program != b.Program || !a.Created.Equal(b.Created) || !reflect.DeepEqual(a.Training, b.Training):
		return "the description"
	case a.Model.Network != b.Model.Network || a.Model.Denoiser != b.Model.Denoiser:
		return "the network"
	case !reflect.DeepEqual(a.Preparation, b.Preparation):
		return "the preparation"
	case !reflect.DeepEqual(a.Statistics, b.Statistics):
		return "the statistics"
	case !sameBits(a.Model.Params.Snapshot(nil), b.Model.Params.Snapshot(nil)):
		return "the weights"
	case !bytes.Equal(a.Thumbnail, b.Thumbnail):
		return "the thumbnail"
	case !reflect.DeepEqual(a.Calibration, b.Calibration):
		return "the calibration"
	case !reflect.DeepEqual(a.Versions, b.Versions):
		return "the versions"
	}
	return ""
}

func TestRecipeRoundTripIsExact(t *testing.T) {
	whole := sample(t)
	if c := whole.Calibration; c.Residual == nil || c.Logits == nil || c.Frequency == nil || len(c.Terms) != 7 || whole.Statistics.Memory == nil {
		t.Fatalf("the sample is not complete: %+v", c)
	}
	bare := &Recipe{Name: "bare", Model: whole.Model}
	free := calibrated(t, Network{Size: "T", Width: 64, Height: 32, Without: Without{Score: true}}, CalibrateOptions{Alignment: Free})
	for name, r := range map[string]*Recipe{"whole": whole, "without calibration": bare, "free": free} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "r.agur")
			if err := r.Save(path); err != nil {
				t.Fatal(err)
			}
			got, err := LoadRecipe(path)
			if err != nil {
				t.Fatal(err)
			}
			if d := same(r, got); d != "" {
				t.Errorf("%s changed", d)
			}
			if got.Path != path || got.SHA256 != r.SHA256 || len(got.SHA256) != 64 {
				t.Errorf("path %q, hash %q, want %q, %q", got.Path, got.SHA256, r.Path, r.SHA256)
			}
			again, err := got.entries()
			if err != nil {
				t.Fatal(err)
			}
			first, _ := os.ReadFile(path)
			if !bytes.Equal(packed(t, again), first) {
				t.Error("saving what was loaded gives another file")
			}
		})
	}
}

// TestRecipesOfSchemaOneAreRead: they have neither preparation nor statistics,
// and predict what they always did.
func TestRecipesOfSchemaOneAreRead(t *testing.T) {
	r, err := LoadRecipe(filepath.Join("testdata", "schema1.agur"))
	if err != nil {
		t.Fatal(err)
	}
	c := r.Calibration
	if r.Preparation != (Preparation{}) || r.Statistics != nil || c == nil || c.Logits != nil || c.Frequency != nil {
		t.Fatalf("%+v of %+v", c, r.Preparation)
	}
	if !slices.EqualFunc(c.Terms, []string{ResidualTerm, ScoreTerm}, func(t Term, name string) bool { return t.Name == name && t.Weight == 1 }) {
		t.Fatalf("terms %+v", c.Terms)
	}
	n := r.Model.Network
	x := noises(3, 1, n.Width, n.Height)[0]
	p, err := detect(detector(t, &fakeEngine{}, r), x)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range x.Plane(0) { // the fake engine's maps
		residual := float64(v)
		if c.Residual != nil {
			residual = (residual - float64(c.Residual.Mean.Pix[i])) / float64(c.Residual.Std.Pix[i])
		}
		want := (residual-c.Terms[0].Median)/(c.Terms[0].Q999-c.Terms[0].Median) + (float64(v)-c.Terms[1].Median)/(c.Terms[1].Q999-c.Terms[1].Median)
		if math.Abs(float64(p.Map.Pix[i])-want) > 1e-4*(1+math.Abs(want)) {
			t.Fatalf("pixel %d is %g, want %g", i, p.Map.Pix[i], want)
		}
	}
	// Written again it is of the present schema, and the same.
	again, err := ParseRecipe(bytesOf(t, r))
	if err != nil {
		t.Fatal(err)
	}
	if d := same(r, again); d != "" {
		t.Errorf("%s changed", d)
	}
}

func TestSaveReplacesInOneStep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "r.agur")
	r := sample(t)
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	old, err := os.Open(path) // whoever reads the old file goes on reading it
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	hash := r.SHA256
	r.Name = "second"
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	if r.SHA256 == hash {
		t.Error("another content has the same hash")
	}
	var first bytes.Buffer
	if _, err := first.ReadFrom(old); err != nil {
		t.Fatal(err)
	}
	if got, err := ParseRecipe(first.Bytes()); err != nil || got.SHA256 != hash {
		t.Errorf("the file that was open changed under its reader: %v", err)
	}
	if got, err := LoadRecipe(path); err != nil || got.Name != "second" {
		t.Errorf("after the second save: %v, %v", got, err)
	}
	if names := list(t, dir); !slices.Equal(names, []string{"r.agur"}) {
		t.Errorf("the folder holds %q", names)
	}
}

func TestSaveThatFailsLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	r := sample(t)
	for name, path := range map[string]string{
		"another extension": filepath.Join(dir, "r.zip"),
		"no extension":      filepath.Join(dir, "r"),
		"no folder":         filepath.Join(dir, "missing", "r.agur"),
	} {
		if err := r.Save(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v does not name the file", name, err)
		}
	}
	taken := filepath.Join(dir, "taken.agur")
	if err := os.MkdirAll(filepath.Join(taken, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := r.Save(taken); err == nil {
		t.Error("a folder was replaced by a recipe")
	}
	r.Training.Loss = math.NaN() // cannot be written
	if err := r.Save(filepath.Join(dir, "nan.agur")); err == nil {
		t.Error("a loss that is not a number was written")
	}
	if r.Path != "" || r.SHA256 != "" {
		t.Errorf("a failed save set path %q, hash %q", r.Path, r.SHA256)
	}
	if names := list(t, dir); !slices.Equal(names, []string{"taken.agur"}) {
		t.Errorf("the folder holds %q", names)
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	es, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range es {
		out = append(out, e.Name())
	}
	return out
}

// refused checks that err is a *RecipeError of one sentence.
func refused(t *testing.T, what string, err error) {
	t.Helper()
	var re *RecipeError
	if !errors.As(err, &re) {
		t.Errorf("%s: %v is not a *RecipeError", what, err)
		return
	}
	s := err.Error()
	if strings.ContainsAny(s, "\n\r") || strings.Contains(s, "%!") || len(s) > 400 || re.Reason == "" || re.Remedy == "" {
		t.Errorf("%s: %q is not one sentence with a remedy", what, s)
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	good := bytesOf(t, sample(t))
	for _, n := range []int{0, 1, 3, 4, 21, 22, 100, 1000, len(good) / 2, len(good) - 1000, len(good) - 22, len(good) - 1} {
		_, err := ParseRecipe(good[:n])
		refused(t, "cut short", err)
	}
	_, err := ParseRecipe([]byte("Just some text, and rather more of it than the end record of a zip file takes."))
	refused(t, "text", err)
	_, err = ParseRecipe(bytes.Repeat([]byte{0}, 5000))
	refused(t, "zeros", err)
	_, err = ParseRecipe(good[1000:])
	refused(t, "without its start", err)
}

// TestAFlippedByteIsNoticed: whatever byte changes, either the file is refused
// or what it holds is the same to the last bit (a zip repeats things that
// nobody reads).
func TestAFlippedByteIsNoticed(t *testing.T) {
	want := sample(t)
	good := bytesOf(t, want)
	rng := rand.New(rand.NewPCG(1, 1))
	var at []int
	for range 60 {
		at = append(at, rng.IntN(len(good)))
	}
	for range 60 { // where names, sizes and hashes are
		at = append(at, rng.IntN(2000), len(good)-1-rng.IntN(1200))
	}
	refusals := 0
	for _, i := range at {
		bad := slices.Clone(good)
		bad[i] ^= 1 << rng.IntN(8)
		got, err := ParseRecipe(bad)
		if err != nil {
			refused(t, "a flipped byte", err)
			refusals++
			continue
		}
		if d := same(want, got); d != "" {
			t.Errorf("byte %d: %s changed and nobody noticed", i, d)
		}
	}
	if refusals < len(at)/2 {
		t.Errorf("only %d of %d flips were refused", refusals, len(at))
	}
}

// edit returns the recipe's entries with some replaced; nil data drops one.
func edit(t testing.TB, r *Recipe, change map[string][]byte) []entry {
	t.Helper()
	es, err := r.entries()
	if err != nil {
		t.Fatal(err)
	}
	var out []entry
	for _, e := range es {
		data, ok := change[e.name]
		if !ok {
			data = e.data
		}
		if data != nil {
			out = append(out, entry{e.name, data})
		}
		delete(change, e.name)
	}
	for name, data := range change {
		out = append(out, entry{name, data})
	}
	return out
}

// describe returns a recipe's recipe.json after f.
func describe(t testing.TB, r *Recipe, f func(*recipeFile)) []byte {
	t.Helper()
	h := recipeFile{
		Schema: Schema, Name: r.Name, Method: agurnet, Created: r.Created,
		Network: r.Model.Network, Denoiser: r.Model.Denoiser, Input: inputName, Prepare: r.Preparation, Features: r.Statistics,
	}
	if p := h.Prepare.Fixture; p != nil { // not the recipe's own
		own := *p
		h.Prepare.Fixture = &own
	}
	for _, v := range r.Versions {
		if v.Setting != nil {
			own := *v.Setting
			v.Setting = &own
		}
		h.Versions = append(h.Versions, v)
	}
	f(&h)
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// weigh returns a recipe's weights after f.
func weigh(t testing.TB, r *Recipe, f func(tensorMap)) []byte {
	t.Helper()
	es, err := r.entries()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(es, func(e entry) bool { return e.name == "weights.safetensors" })
	m, err := decodeTensors(es[i].data)
	if err != nil {
		t.Fatal(err)
	}
	f(m)
	b, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestHostileContentsAreRefused: the hashes are right, what they vouch for is
// not.
func TestHostileContentsAreRefused(t *testing.T) {
	r := sample(t)
	head := func(f func(*recipeFile)) map[string][]byte {
		return map[string][]byte{"recipe.json": describe(t, r, f)}
	}
	weights := func(f func(tensorMap)) map[string][]byte {
		return map[string][]byte{"weights.safetensors": weigh(t, r, f)}
	}
	calibration := func(f func(*Calibration)) map[string][]byte {
		c := *r.Calibration
		c.Terms = slices.Clone(c.Terms)
		f(&c)
		b, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return map[string][]byte{"calibration.json": b}
	}
	drop := func(m tensorMap, prefix string) {
		for name := range m {
			if strings.HasPrefix(name, prefix) {
				delete(m, name)
			}
		}
	}
	set := func(name string, i int, v float64) func(tensorMap) {
		return func(m tensorMap) { m[name].Data[i] = float32(v) }
	}
	for _, c := range []struct {
		name   string
		change map[string][]byte
		want   string // in the sentence
	}{
		{"newer schema", head(func(h *recipeFile) { h.Schema = Schema + 1 }), "newer program"},
		{"no schema", head(func(h *recipeFile) { h.Schema = 0 }), "does not know"},
		{"another method", head(func(h *recipeFile) { h.Method = "oracle" }), `"oracle"`},
		{"another input", head(func(h *recipeFile) { h.Input = "sound" }), `"sound"`},
		{"size that is none", head(func(h *recipeFile) { h.Network.Size = "XXL" }), `"XXL"`},
		{"input of a billion pixels", head(func(h *recipeFile) { h.Network.Width, h.Network.Height = 32768, 32768 }), "multiples of 16"},
		{"negative input", head(func(h *recipeFile) { h.Network.Width = -32 }), "-32"},
		{"broken input", head(func(h *recipeFile) { h.Network.Width = 33 }), "multiples of 16"},
		{"network larger than the weights", head(func(h *recipeFile) { h.Network.Size = "L" }), "another size"},
		{"flags that ask for more weights", head(func(h *recipeFile) { h.Network.Without = Without{} }), "missing"},
		{"flags that ask for fewer weights", head(func(h *recipeFile) { h.Network.Without.Score = true }), "its statistics"},
		{"other extent than its statistics", head(func(h *recipeFile) { h.Network.Width, h.Network.Height = 48, 32 }), "its statistics"},
		{"versions out of order", head(func(h *recipeFile) { h.Versions[1].Number = 2 }), "out of order"},
		{"endless reason", head(func(h *recipeFile) { h.Versions[0].Reason = strings.Repeat("x", MaxWords+1) }), "no bounds"},
		{"review above reject", head(func(h *recipeFile) { h.Versions[0].Setting.Review = 9 }), "impossible thresholds"},
		{"negative threshold", head(func(h *recipeFile) { h.Versions[0].Setting.High = -1 }), "impossible thresholds"},
		{"mode that is none", head(func(h *recipeFile) { h.Versions[0].Setting.Mode = "luck" }), "impossible thresholds"},
		{"denoiser that is none", head(func(h *recipeFile) { h.Network.SSDAE = "magic" }), `"magic"`},
		{"denoiser of another form", head(func(h *recipeFile) { h.Network.SSDAE = "literal" }), "another size"},
		{"denoiser left out", head(func(h *recipeFile) { h.Network.SSDAE = "" }), "not part of the network"},
		{"denoiser too strong", head(func(h *recipeFile) { h.Denoiser.Strength = 1.5 }), "strength"},
		{"denoiser that adds noise", head(func(h *recipeFile) { h.Denoiser.Strength = -.1 }), "strength"},
		{"adversarial module that is none", head(func(h *recipeFile) { h.Network.MGAN = "both" }), `"both"`},
		{"adversarial module of another form", head(func(h *recipeFile) { h.Network.MGAN = "spectrum" }), "another size"},
		{"no adversarial module", head(func(h *recipeFile) { h.Network.MGAN = "" }), "its calibration"},
		{"exposure of nothing", head(func(h *recipeFile) { h.Prepare.Exposure.Median = -1 }), "exposure"},
		{"exposure to the power of a thousand", head(func(h *recipeFile) { h.Prepare.Exposure.Gamma = 1000 }), "exposure"},
		{"fixture left out", head(func(h *recipeFile) { h.Prepare.Fixture = nil }), `"fixture.`},
		{"empty fixture", head(func(h *recipeFile) { h.Prepare.Fixture = &fixture.Fixture{} }), "pictures of its fixture"},
		{"fixture of a billion pixels", head(func(h *recipeFile) { h.Prepare.Fixture.W, h.Prepare.Fixture.H = 1<<15, 1<<15 }), "pictures of its fixture"},
		{"negative fixture", head(func(h *recipeFile) { h.Prepare.Fixture.W = -24 }), "pictures of its fixture"},
		{"fixture turned round", head(func(h *recipeFile) { f := h.Prepare.Fixture; f.W, f.H = f.H, f.W }), "pictures of its fixture"},
		{"fixture for pictures of no size", head(func(h *recipeFile) { h.Prepare.Fixture.Side = 0 }), "validate fixture"},
		{"fixture of no scale", head(func(h *recipeFile) { h.Prepare.Fixture.MinScale = 0 }), "validate fixture"},
		{"fixture that is too sure", head(func(h *recipeFile) { h.Prepare.Fixture.MinConfidence = 2 }), "validate fixture"},
		{"no description", map[string][]byte{"recipe.json": nil}, "unreadable description"},
		{"description that is no JSON", map[string][]byte{"recipe.json": []byte("{")}, "unreadable description"},
		{"description of another shape", map[string][]byte{"recipe.json": []byte("[1]")}, "unreadable description"},
		{"no weights", map[string][]byte{"weights.safetensors": nil}, "weights"},
		{"weights that are text", map[string][]byte{"weights.safetensors": []byte("twelve bytes")}, "weights"},
		{"NaN", weights(set("stem.weight", 7, math.NaN())), "not a number"},
		{"infinity", weights(set("head.image.bias", 0, math.Inf(1))), "not a number"},
		{"negative variance", weights(set("head.norm.var", 1, -1)), "negative"},
		{"swapped tensors", weights(func(m tensorMap) { m["stem.weight"], m["head.image.weight"] = m["head.image.weight"], m["stem.weight"] }), "another size"},
		{"shape turned round", weights(func(m tensorMap) { slices.Reverse(m["stem.weight"].Shape) }), "another size"},
		{"flattened shape", weights(func(m tensorMap) {
			w := m["stem.weight"]
			m["stem.weight"] = namedTensor{Shape: []int{len(w.Data)}, Data: w.Data}
		}), "another size"},
		{"a tensor missing", weights(func(m tensorMap) { delete(m, "head.norm.beta") }), "head.norm.beta"},
		{"a tensor too many", weights(func(m tensorMap) { m["extra"] = namedTensor{Shape: []int{1}, Data: []float32{1}} }), `"extra"`},
		{"maps missing", weights(func(m tensorMap) { delete(m, "calibration.mean") }), "maps are missing"},
		{"maps of another shape", weights(func(m tensorMap) { slices.Reverse(m["calibration.std"].Shape) }), "another size"},
		{"half a template", weights(func(m tensorMap) { delete(m, "statistics.template.std") }), "statistics of grey: maps are missing"},
		{"score maps missing", weights(func(m tensorMap) { delete(m, "calibration.score.mean"); delete(m, "calibration.score.std") }), "maps are missing"},
		{"frequency maps missing", weights(func(m tensorMap) { delete(m, "calibration.frequency.std") }), "maps are missing"},
		{"score deviation of nothing", weights(set("calibration.score.std", 0, 0)), "out of range"},
		{"fixture without template", weights(func(m tensorMap) { delete(m, "fixture.template") }), "pictures of its fixture"},
		{"fixture without mask", weights(func(m tensorMap) { delete(m, "fixture.mask") }), "pictures of its fixture"},
		{"template of one plane", weights(func(m tensorMap) { m["fixture.template"] = m["fixture.mask"] }), "validate fixture"},
		{"template out of range", weights(set("fixture.template", 3, 1.5)), "validate fixture"},
		{"template that is not a number", weights(set("fixture.template", 3, math.NaN())), "not a number"},
		{"mask of nothing", weights(func(m tensorMap) { clear(m["fixture.mask"].Data) }), "validate fixture"},
		{"modes out of range", head(func(h *recipeFile) {
			h.Features = &Statistics{Surround: true, Modes: 1.5}
		}), "out of range"},
		{"cells left out", head(func(h *recipeFile) { h.Features = &Statistics{Modes: .25} }), "its statistics"},
		{"statistics not announced", head(func(h *recipeFile) { h.Features = nil }), "its calibration"},
		{"no statistics", weights(func(m tensorMap) { drop(m, "statistics.") }), "its calibration"},
		{"one term's statistics missing", weights(func(m tensorMap) { drop(m, "statistics.features.") }), "its calibration"},
		{"statistics of a term that is none", weights(func(m tensorMap) { m["statistics.magic.mean"] = namedTensor{Shape: []int{1}, Data: []float32{1}} }), `"statistics.magic.mean"`},
		{"statistics without a mean", weights(func(m tensorMap) { delete(m, "statistics.features.mean") }), `"mean" is missing`},
		{"statistics without a floor", weights(func(m tensorMap) { delete(m, "statistics.handcrafted.floor") }), `"floor" is missing`},
		{"statistics without a basis", weights(func(m tensorMap) { delete(m, "statistics.features.basis") }), "add up"},
		{"statistics in units of nothing", weights(set("statistics.features.unit", 5, 0)), `"unit" holds 0`},
		{"statistics of no finite number", weights(set("statistics.features.mean", 5, math.Inf(-1))), "not a number"},
		{"statistics of another grid", weights(func(m tensorMap) { s := m["statistics.handcrafted.mean"].Shape; s[0], s[1] = s[1], s[0] }), "its statistics"},
		{"statistics of other numbers", weights(func(m tensorMap) {
			for _, table := range []string{"mean", "unit", "floor", "rank", "basis"} {
				m["statistics.features."+table] = m["statistics.handcrafted."+table]
			}
		}), "its statistics"},
		{"memory of other numbers", weights(func(m tensorMap) {
			for name, v := range memory(t, 4, 6, 7).Tensors() {
				m["statistics.memory."+name] = namedTensor{Shape: v.Shape, Data: v.Data}
			}
		}), "its statistics"},
		{"memory of another grid", weights(func(m tensorMap) {
			for name, v := range memory(t, 6, 4, handNumbers).Tensors() {
				m["statistics.memory."+name] = namedTensor{Shape: v.Shape, Data: v.Data}
			}
		}), "its statistics"},
		{"memory of nothing", weights(func(m tensorMap) {
			m["statistics.memory.vectors"] = namedTensor{Shape: []int{0, handNumbers}, Data: nil}
		}), "memory"},
		{"deviation of nothing", weights(set("calibration.std", 9, 0)), "out of range"},
		{"maps of a free recipe", calibration(func(c *Calibration) { c.Alignment = Free }), "not part of the network"},
		{"calibration that is no JSON", map[string][]byte{"calibration.json": []byte("nonsense")}, "unreadable"},
		{"number too large for JSON", map[string][]byte{"calibration.json": []byte(`{"reject": 1e999}`)}, "unreadable"},
		{"a term renamed", calibration(func(c *Calibration) { c.Terms[3].Name = "handcrafted" }), "does not fit"},
		{"terms in another order", calibration(func(c *Calibration) { slices.Reverse(c.Terms) }), "does not fit"},
		{"no terms", calibration(func(c *Calibration) { c.Terms = nil }), "does not fit"},
		{"a term too many", calibration(func(c *Calibration) { c.Terms = append(c.Terms, c.Terms[0]) }), "does not fit"},
		{"empty scale", calibration(func(c *Calibration) { c.Terms[0].Q999 = c.Terms[0].Median }), "empty scale"},
		{"negative weight", calibration(func(c *Calibration) { c.Terms[1].Weight = -1 }), "empty scale"},
		{"no deviation", calibration(func(c *Calibration) { c.SignedStd = 0 }), "does not fit"},
		{"no reject threshold", calibration(func(c *Calibration) { c.Reject = 0 }), "does not fit"},
		{"review above reject", calibration(func(c *Calibration) { c.Review = 2 * c.Reject }), "does not fit"},
		{"unknown mode", calibration(func(c *Calibration) { c.Mode = "magic" }), `"magic"`},
		{"unknown mode with thresholds", calibration(func(c *Calibration) {
			c.Mode, c.Pixel = "magic", map[segment.Mode]Pair{"magic": {Low: 1, High: 2}}
		}), `"magic"`},
		{"no pixel thresholds", calibration(func(c *Calibration) { c.Pixel = nil }), "no thresholds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.agur")
			if err := os.WriteFile(path, packed(t, edit(t, r, c.change)), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := LoadRecipe(path)
			refused(t, c.name, err)
			if err != nil && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path)) {
				t.Errorf("%q does not say %q of %s", err, c.want, path)
			}
			if got != nil {
				t.Error("a recipe came back all the same")
			}
		})
	}
}

// TestNothingIsWrittenThatCannotBeReadAgain: not even in place of a file that can.
func TestNothingIsWrittenThatCannotBeReadAgain(t *testing.T) {
	r := sample(t)
	path := filepath.Join(t.TempDir(), "r.agur")
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	hash := r.SHA256
	for name, v := range map[string]Version{
		"endless reason":        {Author: "a", Reason: strings.Repeat("x", MaxWords+1)},
		"endless name":          {Author: strings.Repeat("x", MaxWords+1), Reason: "because"},
		"impossible thresholds": {Author: "a", Reason: "because", Setting: &Setting{}},
	} {
		if err := r.WithVersion(v).Save(path); err == nil || !strings.Contains(err.Error(), "cannot be read again: it is damaged") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if back, err := LoadRecipe(path); err != nil || back.SHA256 != hash {
		t.Errorf("the file that was there: %v", err)
	}
	r.Thumbnail = make([]byte, 3*MaxSide*MaxSide+1<<20) // of a texture that no compression makes smaller
	if err := r.Save(path); err != nil {
		t.Error(err)
	}
}

// TestAMethodOfFeaturesHasStatistics: without any it could not look at a picture.
func TestAMethodOfFeaturesHasStatistics(t *testing.T) {
	e := &fakeEngine{}
	m, err := NewModel(Network{Size: "T", Width: 64, Height: 64, Method: cellsOnly}, 0)
	if err != nil {
		t.Fatal(err)
	}
	r := &Recipe{Name: "r", Model: m}
	if err := FitStatistics(t.Context(), e, r, noises(1, 4, 64, 64), 1); err != nil {
		t.Fatal(err)
	}
	if err := Calibrate(t.Context(), e, r, AsIs(noises(2, 4, 64, 64)), CalibrateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := ParseRecipe(bytesOf(t, r)); err != nil {
		t.Fatal(err)
	}
	none := weigh(t, r, func(m tensorMap) { clear(m) })
	for name, head := range map[string][]byte{
		"none announced": describe(t, r, func(h *recipeFile) { h.Method, h.Features = cellsOnly, nil }),
		"none there":     describe(t, r, func(h *recipeFile) { h.Method = cellsOnly }),
	} {
		_, err := ParseRecipe(packed(t, edit(t, r, map[string][]byte{"recipe.json": head, "weights.safetensors": none})))
		refused(t, name, err)
		if err != nil && !strings.Contains(err.Error(), "its statistics") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// handNumbers is how many handcrafted numbers describe a cell.
var handNumbers = feature.Handcrafted(nn.NewImage(3, 16, 16)).D

// memory returns a memory of grids of w x h cells of d numbers.
func memory(t testing.TB, w, h, d int) *feature.Memory {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 7))
	var grids []*feature.Grid
	for range 3 {
		g := feature.NewGrid(w, h, d)
		for i := range g.Data {
			g.Data[i] = rng.Float32()
		}
		grids = append(grids, g)
	}
	m, err := feature.FitMemory(grids, feature.MemoryOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// zipped returns a zip that pack would never write.
func zipped(t *testing.T, f func(z *zip.Writer)) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	f(z)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestHostileZipsAreRefused(t *testing.T) {
	r := sample(t)
	es, err := r.entries()
	if err != nil {
		t.Fatal(err)
	}
	// copyAll writes the recipe's own file entry by entry.
	original, err := zip.NewReader(bytes.NewReader(packed(t, es)), int64(len(packed(t, es))))
	if err != nil {
		t.Fatal(err)
	}
	copyAll := func(z *zip.Writer) {
		for _, f := range original.File {
			if err := z.Copy(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	write := func(z *zip.Writer, name, content string) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	claim := func(z *zip.Writer, name string, size uint64, data []byte) {
		w, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, UncompressedSize64: size, CompressedSize64: uint64(len(data))})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		zip  func(z *zip.Writer)
		want string
	}{
		{"empty", func(*zip.Writer) {}, "manifest"},
		{"foreign", func(z *zip.Writer) { write(z, "word/document.xml", "<xml/>") }, "manifest"},
		{"an entry nobody vouches for", func(z *zip.Writer) { copyAll(z); write(z, "more.txt", "hello") }, "differ"},
		{"an entry twice", func(z *zip.Writer) { copyAll(z); write(z, "recipe.json", "{}") }, "twice"},
		{"the manifest twice", func(z *zip.Writer) { copyAll(z); write(z, "manifest.json", "{}") }, "twice"},
		{"a missing entry", func(z *zip.Writer) {
			for _, f := range original.File {
				if f.Name != "calibration.json" {
					if err := z.Copy(f); err != nil {
						t.Fatal(err)
					}
				}
			}
		}, "differ"},
		{"another content", func(z *zip.Writer) {
			for _, f := range original.File {
				if f.Name == "calibration.json" {
					write(z, f.Name, "{}")
				} else if err := z.Copy(f); err != nil {
					t.Fatal(err)
				}
			}
		}, "does not match its hash"},
		{"an entry renamed", func(z *zip.Writer) {
			for _, f := range original.File {
				if f.Name == "thumbnail.png" {
					write(z, "roi.png", string(r.Thumbnail))
				} else if err := z.Copy(f); err != nil {
					t.Fatal(err)
				}
			}
		}, "does not match its hash"},
		{"too many entries", func(z *zip.Writer) {
			for i := range maxEntries + 1 {
				write(z, strings.Repeat("x", i+1), "")
			}
		}, "entries"},
		{"a claim of a terabyte", func(z *zip.Writer) { claim(z, "weights.safetensors", 1<<40, []byte{3, 0}) }, "claims"},
		{"a claim of endless weights", func(z *zip.Writer) { claim(z, "weights.safetensors", maxWeights+1, []byte{3, 0}) }, "claims"},
		{"a claim of an endless picture", func(z *zip.Writer) { claim(z, "thumbnail.png", maxPicture+1, []byte{3, 0}) }, "claims"},
		{"endless JSON in a few bytes", func(z *zip.Writer) { write(z, "recipe.json", strings.Repeat("{},", maxText/3+1)) }, "claims"},
		{"a claim that wraps round", func(z *zip.Writer) { claim(z, "a", math.MaxUint64, []byte{3, 0}) }, "claims"},
		{"more than is claimed", func(z *zip.Writer) {
			claim(z, "manifest.json", 2, []byte("\x00\x05\x00\xfa\xffhello\x03\x00"))
		}, "manifest.json"},
		{"less than is claimed", func(z *zip.Writer) { claim(z, "manifest.json", 1000, []byte{3, 0}) }, "manifest.json"},
		{"garbage for deflate", func(z *zip.Writer) { claim(z, "manifest.json", 10, []byte("garbage!")) }, "manifest.json"},
		{"a manifest that is a list", func(z *zip.Writer) { write(z, "manifest.json", "[]") }, "manifest"},
		{"a manifest of nothing", func(z *zip.Writer) { write(z, "manifest.json", "{}") }, "description"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseRecipe(zipped(t, c.zip))
			refused(t, c.name, err)
			if err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not say %q", err, c.want)
			}
		})
	}
}

func TestPathsThatAreNoRecipe(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.agur")
	if err := os.WriteFile(text, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	huge := filepath.Join(dir, "huge.agur")
	f, err := os.Create(huge)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Truncate(maxRecipe+1), f.Close()); err != nil { // sparse
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, want string }{
		{"missing", filepath.Join(dir, "none.agur"), "does not exist"},
		{"folder", dir, "is a folder"},
		{"text", text, "not a recipe file"},
		{"huge", huge, "larger than any recipe"},
		{"device", os.DevNull, "device"},
		{"below a file", filepath.Join(text, "r.agur"), "cannot be read"},
	} {
		_, err := LoadRecipe(c.path)
		refused(t, c.name, err)
		if err != nil && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path)) {
			t.Errorf("%s: %q does not say %q of %s", c.name, err, c.want, c.path)
		}
	}
}

func TestTensorsRoundTrip(t *testing.T) {
	in := tensorMap{
		"b":     {Shape: []int{2, 1, 3}, Data: []float32{1, -2, 3.5, 0, math.MaxFloat32, math.SmallestNonzeroFloat32}},
		"a":     {Shape: []int{1}, Data: []float32{float32(math.Copysign(0, -1))}},
		"empty": {Shape: []int{0, 5}, Data: []float32{}},
		"half":  {Shape: []int{3}, Data: []float32{1.5, -65504, 0x1p-24}, Half: true},
		"ä \"q": {Shape: []int{}, Data: []float32{7}},
	}
	b, err := in.encode()
	if err != nil {
		t.Fatal(err)
	}
	if n := binary.LittleEndian.Uint64(b); n%8 != 0 {
		t.Errorf("the header is %d bytes long: the data is not aligned", n)
	}
	out, err := decodeTensors(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(in, out) {
		t.Errorf("%v became %v", in, out)
	}
}

func TestHalfPrecision(t *testing.T) {
	var halves []float64 // finite and not negative, ascending
	for h := range uint16(0x7c00) {
		v := fromHalf(h)
		exp, frac := int(h>>10), float64(h&0x3ff)/1024
		want := math.Ldexp(1+frac, exp-15)
		if exp == 0 {
			want = math.Ldexp(frac, -14)
		}
		if float64(v) != want || fromHalf(h|0x8000) != -v {
			t.Fatalf("half %#x is %g, want %g", h, v, want)
		}
		if toHalf(v) != h || toHalf(-v) != h|0x8000 && v != 0 {
			t.Fatalf("%g becomes half %#x and %#x, want %#x", v, toHalf(v), toHalf(-v), h)
		}
		halves = append(halves, want)
	}
	rng := rand.New(rand.NewPCG(3, 3))
	for range 100000 {
		v := float64(float32(math.Exp(rng.NormFloat64() * 8)))
		if rng.IntN(4) == 0 { // exactly between two
			k := rng.IntN(len(halves) - 1)
			v = (halves[k] + halves[k+1]) / 2
		}
		k, found := slices.BinarySearch(halves, v)
		k = min(k, len(halves)-1)
		if !found && k > 0 && v < halves[k] {
			if below, above := v-halves[k-1], halves[k]-v; below < above || below == above && k%2 == 1 {
				k--
			}
		}
		if got := toHalf(float32(v)); int(got) != k {
			t.Fatalf("%g becomes half %#x of %g, want %#x of %g", v, got, fromHalf(got), k, halves[k])
		}
	}
}

// tensorFile returns a safetensors file of the given header.
func tensorFile(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestHostileTensorsAreRefused(t *testing.T) {
	const one = `"dtype":"F32","shape":[1],"data_offsets":`
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "shorter"},
		{"seven bytes", make([]byte, 7), "shorter"},
		{"header of 2^64", binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "longer"},
		{"header beyond the file", binary.LittleEndian.AppendUint64(nil, 1), "longer"},
		{"header beyond reason", append(binary.LittleEndian.AppendUint64(nil, maxHeader+1), make([]byte, maxHeader+1)...), "longer"},
		{"no JSON", tensorFile("nonsense", 0), "header"},
		{"data without tensors", tensorFile(`{}`, 4), "gaps"},
		{"other type", tensorFile(`{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`, 4), "BF16"},
		{"half of a shape", tensorFile(`{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}`, 8), "outside"},
		{"half that is infinite", append(tensorFile(`{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`, 0), 0, 0x7c), "not a number"},
		{"half that is no number", append(tensorFile(`{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`, 0), 1, 0xfe), "not a number"},
		{"beyond the data", tensorFile(`{"a":{`+one+`[4,8]}}`, 4), "outside"},
		{"backwards", tensorFile(`{"a":{`+one+`[4,0]}}`, 4), "outside"},
		{"negative", tensorFile(`{"a":{`+one+`[-4,0]}}`, 4), "outside"},
		{"smaller than its shape", tensorFile(`{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,4]}}`, 4), "outside"},
		{"negative shape", tensorFile(`{"a":{"dtype":"F32","shape":[-1,-1],"data_offsets":[0,4]}}`, 4), "out of bounds"},
		{"shape that overflows", tensorFile(`{"a":{"dtype":"F32","shape":[16777216,16777216,16777216,16777216],"data_offsets":[0,4]}}`, 4), "out of bounds"},
		{"shape too large for an int", tensorFile(`{"a":{"dtype":"F32","shape":[1e30],"data_offsets":[0,4]}}`, 4), "tensor"},
		{"the same bytes twice", tensorFile(`{"a":{`+one+`[0,4]},"b":{`+one+`[0,4]}}`, 8), "overlap"},
		{"a gap", tensorFile(`{"a":{`+one+`[0,4]},"b":{`+one+`[8,12]}}`, 12), "gaps"},
		{"overlap by half", tensorFile(`{"a":{`+one+`[0,4]},"b":{`+one+`[2,6]}}`, 6), "overlap"},
	} {
		if _, err := decodeTensors(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := decodeTensors(tensorFile(`{"__metadata__":{"by":"another program"},"a":{`+one+`[0,4]}}`, 4)); err != nil {
		t.Errorf("metadata is allowed: %v", err)
	}
}

// TestOverlappingTensorsAllocateLittle: a header may name the same bytes a
// thousand times; that must be seen before anything is copied.
func TestOverlappingTensorsAllocateLittle(t *testing.T) {
	const size = 1 << 20
	var h strings.Builder
	h.WriteString("{")
	for i := range 1000 {
		if i > 0 {
			h.WriteString(",")
		}
		name, _ := json.Marshal(strings.Repeat("x", i+1))
		h.Write(name)
		h.WriteString(`:{"dtype":"F32","shape":[262144],"data_offsets":[0,1048576]}`)
	}
	h.WriteString("}")
	file := tensorFile(h.String(), size)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := decodeTensors(file); err == nil {
		t.Fatal("accepted")
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 16<<20 {
		t.Errorf("%d MB allocated for a file of 1 MB", got>>20)
	}
}

func FuzzDecodeTensors(f *testing.F) {
	ok, err := tensorMap{"a": {Shape: []int{2, 2}, Data: []float32{1, 2, 3, 4}}, "b": {Shape: []int{1}, Data: []float32{5}}}.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(ok)
	f.Add(ok[:len(ok)-1])
	f.Add(tensorFile(`{}`, 0))
	f.Add(tensorFile(`{"a":{"dtype":"F16","shape":[3],"data_offsets":[0,6]}}`, 6))
	f.Add(tensorFile(`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 4))
	f.Add(tensorFile(`{"a":{"dtype":"F32","shape":[16777216,16777216],"data_offsets":[0,4]}}`, 4))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeTensors(b)
		if err != nil {
			return
		}
		total := 0
		for name, v := range m {
			n, err := elements(v.Shape)
			if err != nil || n != len(v.Data) || !finite(v.Data) {
				t.Errorf("tensor %q: shape %v of %d values, %v", name, v.Shape, len(v.Data), err)
			}
			size := 4
			if v.Half {
				size = 2
			}
			total += size * len(v.Data)
		}
		if total > len(b) {
			t.Errorf("%d bytes of tensors from %d of file", total, len(b))
		}
		again, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeTensors(again); err != nil || len(back) != len(m) {
			t.Errorf("what was decoded cannot be decoded again: %v", err)
		}
	})
}

// FuzzParseRecipe mutates the parts of a recipe behind right hashes, for
// behind wrong ones nothing would be reached, and the whole file besides.
func FuzzParseRecipe(f *testing.F) {
	r := sample(f)
	es, err := r.entries()
	if err != nil {
		f.Fatal(err)
	}
	parts := map[string][]byte{}
	for _, e := range es {
		parts[e.name] = e.data
	}
	f.Add(parts["recipe.json"], parts["calibration.json"], []byte(nil), []byte("PK\x05\x06"))
	f.Add(describe(f, r, func(h *recipeFile) { h.Network.Without = Without{} }), []byte("{}"), []byte("x"), []byte{})
	f.Add([]byte("{}"), []byte(`{"terms":[{},{}]}`), tensorFile(`{}`, 0), []byte("text"))
	f.Fuzz(func(t *testing.T, head, calibration, weights, whole []byte) {
		if len(weights) == 0 {
			weights = parts["weights.safetensors"]
		}
		for _, file := range [][]byte{
			whole,
			packed(t, []entry{{"recipe.json", head}, {"calibration.json", calibration}, {"weights.safetensors", weights}}),
		} {
			got, err := ParseRecipe(file)
			var re *RecipeError
			if err != nil {
				if !errors.As(err, &re) || got != nil {
					t.Errorf("%v, %v: want a *RecipeError alone", got, err)
				}
				continue
			}
			back, err := ParseRecipe(bytesOf(t, got))
			if err != nil {
				t.Errorf("what was read cannot be read again: %v", err)
			} else if d := same(got, back); d != "" {
				t.Errorf("%s changed on the way back", d)
			}
			if got.Calibration == nil || got.Model.Network.Width*got.Model.Network.Height > 64*64 {
				continue
			}
			d, err := NewDetector(&fakeEngine{}, got)
			if err != nil {
				t.Fatal(err)
			}
			n := got.Model.Network
			p, err := detect(d, nn.NewImage(3, n.Height, n.Width))
			if err == nil && !finite(p.Map.Pix) {
				t.Error("a map that is not a number")
			}
		}
	})
}

// TestVersionsAreNumberedAndLinked: what is saved as a new version knows the
// file that it was made from, and the original stays as it was.
func TestVersionsAreNumberedAndLinked(t *testing.T) {
	r := &Recipe{SHA256: "a"}
	if r.Version() != 1 || r.Setting() != nil {
		t.Fatalf("version %d, setting %v as trained", r.Version(), r.Setting())
	}
	set := &Setting{Mode: segment.HalfPeak, Low: 1, High: 2, Review: 1, Reject: 2}
	b := r.WithVersion(Version{Author: "me", Reason: "why", Setting: set})
	b.SHA256 = "b"
	c := b.WithVersion(Version{Author: "me", Reason: "trained anew"})
	if len(r.Versions) != 0 || len(b.Versions) != 1 {
		t.Error("a new version changes the old one")
	}
	if b.Version() != 2 || *b.Setting() != *set || b.Versions[0].From != "a" {
		t.Errorf("%+v", b.Versions)
	}
	if c.Version() != 3 || c.Setting() != nil || c.Versions[1].From != "b" {
		t.Errorf("%+v", c.Versions)
	}
}
