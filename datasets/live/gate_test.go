package live

import (
	"errors"
	"image"
	"image/draw"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"agurscope/datasets"
)

// bench draws a bench with noise and, from x on, a part.
func bench(rng *rand.Rand, x int) datasets.Frame {
	m := image.NewGray(image.Rect(0, 0, 160, 120))
	for i := range m.Pix {
		m.Pix[i] = 90
	}
	if x >= 0 {
		draw.Draw(m, image.Rect(x, 40, x+40, 80), image.White, image.Point{}, draw.Src)
	}
	for i := range m.Pix {
		m.Pix[i] = uint8(max(int(m.Pix[i])-rng.IntN(12), 0))
	}
	return datasets.Frame{Image: m}
}

func TestGatePassesEveryPartOnceWhenItLiesStill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDevice()
		g := &Gate{Source: New(Options{Name: "cam", Driver: d})}
		rng := rand.New(rand.NewPCG(1, 1))
		go func() {
			show := func(n, x, step int) {
				for range n {
					d.events <- bench(rng, x)
					x += step
					time.Sleep(50 * time.Millisecond)
				}
			}
			show(20, -1, 0) // the empty bench
			for range 3 {
				show(8, 0, 8)   // a part comes
				show(20, 60, 0) // and lies still for a second
				show(8, 60, 8)  // and goes
				show(20, -1, 0)
			}
			show(6, 0, 8) // a hand only passes by
			show(20, -1, 0)
			d.events <- &PictureError{errors.New("damaged")}
		}()
		parts := 0
		for f, err := range g.Frames(t.Context()) {
			if err != nil {
				break
			}
			parts++
			m := f.Image.(*image.Gray)
			if m.GrayAt(70, 60).Y < 200 || m.GrayAt(10, 60).Y > 100 {
				t.Error("the part does not lie where it lay still")
			}
		}
		if st := g.Status(); parts != 3 || st.Delivered != 3 {
			t.Errorf("%d parts, %+v", parts, st)
		}
	})
}

func TestBlocksOfEveryPictureType(t *testing.T) {
	grey := bench(rand.New(rand.NewPCG(1, 2)), 30).Image
	want := blocksOf(grey)
	for _, m := range []draw.Image{image.NewGray16(grey.Bounds()), image.NewRGBA(grey.Bounds()), image.NewRGBA64(grey.Bounds())} {
		draw.Draw(m, m.Bounds(), grey, image.Point{}, draw.Src)
		if differ(blocksOf(m), want) != 0 {
			t.Errorf("%T differs", m)
		}
	}
	blocksOf(image.NewGray(image.Rect(0, 0, 1, 1)))
}
