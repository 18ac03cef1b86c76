package defect

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"agurscope/nn"
)

func TestAugmentMovesBrightensAndMirrors(t *testing.T) {
	// A ramp in x plus a ramp in y tells where each sample came from.
	x := nn.NewImage(1, 128, 128)
	for i := range x.Pix {
		x.Pix[i] = 0.2 + float32(i%128)/512 + float32(i/128)/1024
	}
	rng := rand.New(rand.NewPCG(1, 1))
	dst := nn.NewImage(1, 128, 128)
	seen := map[[4]int]bool{}
	for range 400 {
		Augment(rng, x, dst, Jitter{Brightness: -1, FlipX: true, FlipY: true})
		at := func(px, py int) float64 { return float64(dst.At(0, px, py)) }
		stepX, stepY := (at(65, 64)-at(64, 64))*512, (at(64, 65)-at(64, 64))*1024
		if math.Abs(math.Abs(stepX)-1) > 0.01 || math.Abs(math.Abs(stepY)-1) > 0.01 {
			t.Fatalf("steps %g, %g", stepX, stepY)
		}
		flipX, flipY := int(math.Round(stepX)), int(math.Round(stepY))
		// Along a row only the ramp in x changes: compare with the two ends.
		cx, cy := 64.0, 64.0
		if flipX < 0 {
			cx = 63
		}
		if flipY < 0 {
			cy = 63
		}
		off := (at(64, 64) - 0.2 - cx/512 - cy/1024) * 1024 // 2 dx + dy, signed by the flips
		if math.Abs(off) > 9.01 {
			t.Fatalf("moved by %g", off)
		}
		seen[[4]int{flipX, flipY, int(math.Round(off)), 0}] = true
	}
	if len(seen) < 50 { // 4 flips x 19 offsets
		t.Errorf("only %d different outcomes", len(seen))
	}
	Augment(rng, x, dst, Jitter{Shift: -1, Brightness: -1})
	if !slices.Equal(x.Pix, dst.Pix) {
		t.Error("no shift and no brightness still changed the picture")
	}
	flat := nn.NewImage(3, 32, 32)
	for i := range flat.Pix {
		flat.Pix[i] = 0.5
	}
	out := nn.NewImage(3, 32, 32)
	lo, hi := float32(1), float32(0)
	for range 300 {
		Augment(rng, flat, out, Jitter{})
		if slices.Min(out.Pix) != slices.Max(out.Pix) {
			t.Fatal("brightness differs within a picture")
		}
		lo, hi = min(lo, out.Pix[0]), max(hi, out.Pix[0])
	}
	if lo < 0.475 || hi > 0.525 || hi-lo < 0.04 {
		t.Errorf("brightness spans %g to %g, want nearly 0.475 to 0.525", lo, hi)
	}
}

// coded returns a picture whose three planes tell column, row and brightness.
func coded(w, h int) *nn.Image {
	x := nn.NewImage(3, h, w)
	for i := range w * h {
		x.Plane(0)[i], x.Plane(1)[i], x.Plane(2)[i] = float32(i%w)/512, float32(i/w)/512, 0.5
	}
	return x
}

func TestCropIsAWindowInOneOfEightPoses(t *testing.T) {
	x, dst := coded(90, 60), nn.NewImage(3, 24, 40)
	rng := rand.New(rand.NewPCG(6, 2))
	poses, columns, rows := map[[4]int]int{}, map[int]bool{}, map[int]bool{}
	const rounds = 4000
	for range rounds {
		Crop(rng, x, dst, Jitter{Shift: -1, FlipX: true, FlipY: true, Turn: true})
		gain := dst.At(2, 0, 0) / 0.5
		from := func(i, j int) (px, py int) {
			return int(math.Round(float64(dst.At(0, i, j) / gain * 512))), int(math.Round(float64(dst.At(1, i, j) / gain * 512)))
		}
		ox, oy := from(0, 0)
		ax, ay := from(1, 0)
		bx, by := from(0, 1)
		pose := [4]int{ax - ox, ay - oy, bx - ox, by - oy}
		if abs(pose[0])+abs(pose[1]) != 1 || abs(pose[0]*pose[3]-pose[1]*pose[2]) != 1 {
			t.Fatalf("neighbours lie at %v", pose)
		}
		for j := range dst.H {
			for i := range dst.W {
				px, py := from(i, j)
				if px != ox+i*pose[0]+j*pose[2] || py != oy+i*pose[1]+j*pose[3] {
					t.Fatalf("(%d, %d) shows (%d, %d) in pose %v from (%d, %d)", i, j, px, py, pose, ox, oy)
				}
			}
		}
		poses[pose]++
		columns[ox], rows[oy] = true, true
	}
	if len(poses) != 8 || len(columns) < 88 || len(rows) < 58 {
		t.Errorf("%d poses, %d columns, %d rows reached by the first corner", len(poses), len(columns), len(rows))
	}
	for pose, n := range poses {
		if math.Abs(float64(n)/rounds-0.125) > 0.03 {
			t.Errorf("pose %v in %d of %d", pose, n, rounds)
		}
	}
}

func TestTurnNeedsRoom(t *testing.T) {
	x := coded(48, 20)
	dst := x.Clone()
	rng := rand.New(rand.NewPCG(6, 2))
	for range 50 {
		Augment(rng, x, dst, Jitter{Shift: -1, Brightness: -1, Turn: true})
		if !slices.Equal(x.Pix, dst.Pix) {
			t.Fatal("an oblong picture was turned")
		}
	}
}

func abs(v int) int { return max(v, -v) }

func BenchmarkAugment(b *testing.B) {
	x := part(3, 128, 128, 1)
	dst, rng := x.Clone(), rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		Augment(rng, x, dst, Jitter{})
	}
}
