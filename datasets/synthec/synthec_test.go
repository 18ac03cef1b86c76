package synthec_test

import (
	"bytes"
	"context"
	"image"
	"path/filepath"
	"testing"

	"agurscope/datasets"
	"agurscope/datasets/synthec"
)

func TestPartDependsOnSeedNumberAndDefectAlone(t *testing.T) {
	o := synthec.Options{Size: 64, Pose: synthec.Jittered, Seed: 7}
	first, firstMask := synthec.Part(o, 5, synthec.Stain)
	synthec.Part(o, 4, synthec.Scratch) // the order of calls must not matter
	again, againMask := synthec.Part(o, 5, synthec.Stain)
	if !bytes.Equal(first.Pix, again.Pix) || !bytes.Equal(firstMask.Pix, againMask.Pix) {
		t.Error("the same part was drawn twice and differs")
	}
	for name, other := range map[string]func() *image.RGBA{
		"seed": func() *image.RGBA {
			m, _ := synthec.Part(synthec.Options{Size: 64, Pose: synthec.Jittered, Seed: 8}, 5, synthec.Stain)
			return m
		},
		"number": func() *image.RGBA { m, _ := synthec.Part(o, 6, synthec.Stain); return m },
		"pose": func() *image.RGBA {
			m, _ := synthec.Part(synthec.Options{Size: 64, Pose: synthec.Free, Seed: 7}, 5, synthec.Stain)
			return m
		},
	} {
		if bytes.Equal(first.Pix, other().Pix) {
			t.Errorf("another %s draws the same part", name)
		}
	}
}

func TestPartIsOpaqueAndOfTheSizeAskedFor(t *testing.T) {
	for _, size := range []int{0, 1, 33, 128, 200} {
		want := size
		if size == 0 {
			want = synthec.DefaultSize
		}
		m, mask := synthec.Part(synthec.Options{Size: size}, 0, synthec.Scratch)
		if m.Rect != image.Rect(0, 0, want, want) || mask.Rect != m.Rect {
			t.Fatalf("size %d: got %v and mask %v", size, m.Rect, mask.Rect)
		}
		if !m.Opaque() {
			t.Errorf("size %d: the picture is not opaque", size)
		}
	}
}

func TestGoodPartHasNoMask(t *testing.T) {
	a, mask := synthec.Part(synthec.Options{Size: 64}, 3, "")
	b, mask2 := synthec.Part(synthec.Options{Size: 64}, 3, datasets.Good)
	if mask != nil || mask2 != nil || !bytes.Equal(a.Pix, b.Pix) {
		t.Error(`"" and "good" must both draw the good part without a mask`)
	}
}

func TestUnknownDefectPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	synthec.Part(synthec.Options{Size: 16}, 0, "rust")
}

// The mask is exact: away from it the part with its defect equals the part
// without, pixel by pixel, and within it something changed.
func TestMaskHoldsTheDefectAndNothingElse(t *testing.T) {
	for _, pose := range []synthec.Pose{synthec.Aligned, synthec.Jittered, synthec.Free} {
		for _, defect := range synthec.Defects() {
			o := synthec.Options{Pose: pose, Seed: 11}
			visible := 0
			for i := range 6 {
				good, _ := synthec.Part(o, i, "")
				bad, mask := synthec.Part(o, i, defect)
				inside, outside, area := differences(good, bad, mask)
				if outside > 0 {
					t.Errorf("%v %s %d: %d pixels differ away from the mask", pose, defect, i, outside)
				}
				if area > 0 && inside*2 >= area {
					visible++
				}
				if limit := len(mask.Pix) / 12; area > limit {
					t.Errorf("%v %s %d: the mask covers %d pixels, more than %d", pose, defect, i, area, limit)
				}
			}
			if visible < 5 {
				t.Errorf("%v %s: only %d of 6 defects change most of their mask", pose, defect, visible)
			}
		}
	}
}

// differences counts the changed pixels within the mask, and those further
// than 4 pixels from it (a stain fades out softly).
func differences(a, b *image.RGBA, mask *image.Gray) (inside, outside, area int) {
	for y := range mask.Rect.Dy() {
		for x := range mask.Rect.Dx() {
			at := a.PixOffset(x, y)
			same := bytes.Equal(a.Pix[at:at+4], b.Pix[at:at+4])
			switch {
			case mask.GrayAt(x, y).Y == 255:
				area++
				if !same {
					inside++
				}
			case !same && !near(mask, x, y, 4):
				outside++
			}
		}
	}
	return inside, outside, area
}

func near(m *image.Gray, x, y, r int) bool {
	for v := y - r; v <= y+r; v++ {
		for u := x - r; u <= x+r; u++ {
			if m.GrayAt(u, v).Y != 0 {
				return true
			}
		}
	}
	return false
}

func TestSizeScalesTheSameDrawing(t *testing.T) {
	_, small := synthec.Part(synthec.Options{Size: 128}, 2, synthec.MissingPin)
	_, large := synthec.Part(synthec.Options{Size: 256}, 2, synthec.MissingPin)
	a, b := 4*count(small), count(large)
	if d := a - b; max(d, -d)*10 > b {
		t.Errorf("the defect covers %d quarter pixels at 128 and %d pixels at 256", a, b)
	}
}

func count(m *image.Gray) (n int) {
	for _, v := range m.Pix {
		n += int(v) / 255
	}
	return n
}

func TestWriteMakesASetThatOpenReadsBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "synthec")
	o := synthec.Options{Size: 32, Seed: 3}
	c := synthec.Counts{Train: 3, TestGood: 2, PerDefect: 1}
	if err := synthec.Write(t.Context(), dir, o, c); err != nil {
		t.Fatal(err)
	}
	set, err := datasets.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if set.Layout != "MVTec AD" || len(set.Train()) != 3 || len(set.Test()) != 8 {
		t.Fatalf("got %s with %d and %d items", set.Layout, len(set.Train()), len(set.Test()))
	}
	drawn := map[string]datasets.Frame{}
	for _, f := range synthec.Frames(o, c, datasets.Either) {
		drawn[f.Name] = f
	}
	for f, err := range set.Source(set.Items).Frames(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		want, ok := drawn[f.Name]
		if !ok {
			t.Fatalf("%s was written but is not drawn in memory", f.Name)
		}
		if !bytes.Equal(f.Image.(*image.RGBA).Pix, want.Image.(*image.RGBA).Pix) || f.Label != want.Label || f.Type != want.Type {
			t.Errorf("%s differs between disk and memory", f.Name)
		}
		if (f.Mask == nil) != (want.Mask == nil) || (f.Mask != nil && !bytes.Equal(f.Mask.Pix, want.Mask.Pix)) {
			t.Errorf("the mask of %s differs between disk and memory", f.Name)
		}
	}
}

func TestSourceYieldsTheSubsetInOrder(t *testing.T) {
	c := synthec.Counts{Train: 2, TestGood: 1, PerDefect: 1}
	src := synthec.Source(synthec.Options{Size: 16}, c, datasets.Test)
	if src.Live() {
		t.Error("a drawn set waits, so it is not live")
	}
	var names []string
	for f, err := range src.Frames(context.Background()) {
		if err != nil || f.Seq != uint64(len(names)) {
			t.Fatalf("%s: seq %d, error %v", f.Name, f.Seq, err)
		}
		names = append(names, f.Name)
	}
	if len(names) != 7 || names[0] != "test/good/000.png" || names[1] != "test/scratch/000.png" {
		t.Errorf("got %v", names)
	}
}

func TestSourceStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	for range synthec.Source(synthec.Options{Size: 16}, synthec.Counts{}, datasets.Either).Frames(ctx) {
		n++
		cancel()
	}
	if n != 1 {
		t.Errorf("%d frames after the context was cancelled at the first", n)
	}
}

func TestWriteSaysWhereItCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "set")
	if err := synthec.Write(t.Context(), file, synthec.Options{Size: 16}, synthec.Counts{Train: 1, TestGood: -1, PerDefect: -1}); err != nil {
		t.Fatal(err)
	}
	inside := filepath.Join(file, "train", "good", "000.png") // a file where a folder is wanted
	if err := synthec.Write(t.Context(), inside, synthec.Options{Size: 16}, synthec.Counts{}); err == nil {
		t.Error("no error")
	}
}

func BenchmarkPart(b *testing.B) {
	for b.Loop() {
		synthec.Part(synthec.Options{Pose: synthec.Jittered}, 1, synthec.ForeignFibre)
	}
}
