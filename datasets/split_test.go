package datasets

import (
	"context"
	"errors"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func normals(n int) []Item {
	var out []Item
	for i := range n {
		out = append(out, Item{Name: fmt.Sprintf("img%d.png", i), Label: Normal, Split: Train})
	}
	return out
}

func names(items []Item) []string {
	var out []string
	for _, it := range items {
		out = append(out, it.Name)
	}
	return out
}

func TestSplitIsDeterministicDisjointAndComplete(t *testing.T) {
	items := append(normals(50), Item{Name: "bad.png", Label: Anomalous}, Item{Name: "who.png"})
	train, calibration := Split(items, 1, 0)
	if len(train) != 40 || len(calibration) != 10 {
		t.Fatalf("%d and %d", len(train), len(calibration))
	}
	shuffled := slices.Clone(items)
	rand.New(rand.NewPCG(9, 9)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	train2, calibration2 := Split(shuffled, 1, 0)
	if !slices.Equal(names(train), names(train2)) || !slices.Equal(names(calibration), names(calibration2)) {
		t.Error("the order of items changes the split")
	}
	if _, other := Split(items, 2, 0); slices.Equal(names(calibration), names(other)) {
		t.Error("another seed gives the same split")
	}
	all := append(names(train), names(calibration)...)
	slices.SortFunc(all, CompareNatural)
	if want := names(items[:50]); !slices.Equal(all, want) {
		t.Errorf("together they are %v", all)
	}
	if !slices.IsSortedFunc(calibration, func(a, b Item) int { return CompareNatural(a.Name, b.Name) }) {
		t.Error("not in natural order")
	}
}

func TestSplitNeverStarvesEitherPart(t *testing.T) {
	for _, c := range []struct {
		n, train, calibration int
		share                 float64
	}{
		{0, 0, 0, 0}, {1, 1, 0, 0}, {2, 1, 1, 0}, {3, 2, 1, 0}, {10, 8, 2, 0}, {10, 1, 9, 1}, {10, 1, 9, 7},
		{10, 9, 1, 0.0001}, {10, 8, 2, -1}, {10, 8, 2, math.NaN()}, {10, 5, 5, 0.5},
	} {
		train, calibration := Split(normals(c.n), 3, c.share)
		if len(train) != c.train || len(calibration) != c.calibration {
			t.Errorf("%d items, share %v: %d and %d, want %d and %d", c.n, c.share, len(train), len(calibration), c.train, c.calibration)
		}
	}
}

func TestManifestHashSeesEveryByteAndName(t *testing.T) {
	root := t.TempDir()
	plant(t, root, "1.png", "2.png", "3.png")
	s := mustOpen(t, root)
	hash := func(items []Item) string {
		t.Helper()
		h, err := ManifestHash(t.Context(), items)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	before := hash(s.Items)
	if len(before) != 64 {
		t.Fatalf("got %q", before)
	}
	backwards := slices.Clone(s.Items)
	slices.Reverse(backwards)
	if hash(backwards) != before {
		t.Error("the order of items changes the hash")
	}
	if hash(s.Items[:2]) == before {
		t.Error("an item less gives the same hash")
	}
	renamed := slices.Clone(s.Items)
	renamed[0].Name = "0.png"
	if hash(renamed) == before {
		t.Error("another name gives the same hash")
	}
	content, err := os.ReadFile(s.Items[1].Path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range content {
		put(t, root, "2.png", flip(content, at))
		if hash(s.Items) == before {
			t.Fatalf("byte %d changes nothing", at)
		}
	}
	put(t, root, "2.png", content)
	if hash(s.Items) != before {
		t.Error("the same content gives another hash")
	}
	if _, err := ManifestHash(t.Context(), []Item{{Path: filepath.Join(root, "absent.png")}}); err == nil {
		t.Error("an absent file has a hash")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ManifestHash(ended, s.Items); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
}

func TestManifestHashOfIDXDependsOnThePicture(t *testing.T) {
	root := t.TempDir()
	plantIDX(t, root)
	s := mustOpen(t, root+"#1")
	a, err := ManifestHash(t.Context(), s.Train()[:1])
	if err != nil {
		t.Fatal(err)
	}
	other := s.Train()[1]
	other.Name = s.Train()[0].Name
	if b, err := ManifestHash(t.Context(), []Item{other}); err != nil || a == b {
		t.Errorf("another picture of the same name: %s, %v", b, err)
	}
}

func TestCompareNaturalCountsAsPeopleDo(t *testing.T) {
	want := []string{"a/2.png", "a/10.png", "a.png", "img1.png", "img2.png", "IMG10.png", "img010b.png", "x9", "x10", "x99999999999999999999999"}
	got := slices.Clone(want)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	slices.SortFunc(got, CompareNatural)
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if CompareNatural("img01", "img1") == 0 || CompareNatural("A", "a") == 0 || CompareNatural("a", "a") != 0 {
		t.Error("different names must never compare as equal, equal ones must")
	}
}

func TestSourceGoesOnAfterABrokenPicture(t *testing.T) {
	root := t.TempDir()
	plant(t, root, "1.png", "3.png")
	put(t, root, "2.png", nil)
	s := mustOpen(t, root)
	src := s.Source(s.Items)
	if src.Live() || src.Name() != filepath.Base(root) {
		t.Errorf("live %v, name %q", src.Live(), src.Name())
	}
	n := uint64(0)
	for f, err := range src.Frames(context.Background()) {
		if f.Seq != n || f.Name != fmt.Sprintf("%d.png", n+1) || f.Path == "" || f.Time.IsZero() {
			t.Errorf("frame %d: %+v", n, f)
		}
		if broken := f.Name == "2.png"; broken != (err != nil) || broken != (f.Image == nil) {
			t.Errorf("%s: %v", f.Name, err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d frames", n)
	}
}

func TestSourceStopsWithItsContext(t *testing.T) {
	root := t.TempDir()
	plant(t, root, "1.png", "2.png")
	s := mustOpen(t, root)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for range s.Source(s.Items).Frames(ctx) {
		n++
		cancel()
	}
	if n != 1 {
		t.Errorf("%d frames", n)
	}
}

func TestMaskIsReadInEveryHabit(t *testing.T) {
	square := spot(8, 8, true)
	ids := spot(8, 8, true)
	for i := range ids.Pix {
		ids.Pix[i] /= 85 // 255 becomes class 3
	}
	soft := spot(8, 8, true)
	soft.Pix[0] = 100 // a soft edge beside white does not count
	red := shade(8, 8)
	for i, v := range square.Pix {
		copy(red.Pix[4*i:], []byte{v, 0, 0, 255})
	}
	ids16 := image.NewGray16(square.Rect)
	for i, v := range ids.Pix {
		ids16.Pix[2*i+1] = v
	}
	for name, m := range map[string]image.Image{
		"white": square, "class numbers": ids, "soft": soft, "red": red, "16-bit class numbers": ids16,
	} {
		got, err := DecodeMask(put(t, t.TempDir(), "m.png", pngBytes(t, m)))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Pix, square.Pix) {
			t.Errorf("%s: got %v", name, got.Pix)
		}
	}
	specks := spot(8, 8, false)
	specks.Pix[9] = 40
	if got, err := DecodeMask(put(t, t.TempDir(), "m.jpg", jpegBytes(t, specks))); err != nil || marked(got) {
		t.Errorf("specks of compression count as a defect: %v", err)
	}
}

func TestMaskOfAnotherSizeIsFittedOrNamed(t *testing.T) {
	root := t.TempDir()
	image := put(t, root, "1.png", pngBytes(t, shade(16, 8)))
	it := Item{Path: image, Name: "1.png", Label: Anomalous, MaskPath: put(t, root, "half.png", pngBytes(t, spot(8, 4, true)))}
	f, err := it.Load()
	if err != nil {
		t.Fatal(err)
	}
	if want := spot(16, 8, true); !slices.Equal(f.Mask.Pix, want.Pix) {
		t.Errorf("got %v", f.Mask.Pix)
	}
	it.MaskPath = put(t, root, "square.png", pngBytes(t, spot(8, 8, true)))
	var d *DecodeError
	if _, err := it.Load(); !errors.As(err, &d) || d.Path != it.MaskPath || !errors.Is(err, ErrDamaged) {
		t.Errorf("a mask of another shape: got %v", err)
	}
	it.MaskPath = put(t, root, "broken.png", nil)
	if f, err := it.Load(); !errors.Is(err, ErrEmpty) || f.Image != nil || f.Name != "1.png" {
		t.Errorf("a broken mask: got %v", err)
	}
}
