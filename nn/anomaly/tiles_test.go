package anomaly

import (
	"math"
	"math/rand/v2"
	"testing"

	"agurscope/nn"
)

// TestTilesCoverThePicture also demands that a picture cut into tiles and
// joined again is the picture, at every resolution of the network's maps.
func TestTilesCoverThePicture(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, s := range [][2]int{{64, 32}, {512, 512}, {528, 512}, {1024, 1024}, {2048, 48}, {976, 960}} {
		tl := newTiling(s[0], s[1])
		for _, k := range []int{1, 2, 4, 8} {
			m := nn.NewImage(2, s[1]/k, s[0]/k)
			for i := range m.Pix {
				m.Pix[i] = rng.Float32()
			}
			whole := nn.NewImage(2, s[1], s[0])
			for c := range 2 {
				for y := range s[1] {
					for x := range s[0] {
						whole.Plane(c)[y*s[0]+x] = m.At(c, x/k, y/k)
					}
				}
			}
			var joined mosaic
			for _, at := range tl.at {
				if at.X%tileStep != 0 || at.Y%tileStep != 0 {
					t.Fatalf("%v: a tile begins at %v", s, at)
				}
				cut := tl.cut(nil, whole, at)
				small := nn.NewImage(2, cut.H/k, cut.W/k)
				for c := range 2 {
					for y := range small.H {
						for x := range small.W {
							small.Plane(c)[y*small.W+x] = cut.At(c, x*k, y*k)
						}
					}
				}
				joined.add(nil, &tl, at, small)
			}
			got := joined.image()
			for i, v := range m.Pix {
				if math.Abs(float64(got.Pix[i]-v)) > 1e-5 {
					t.Fatalf("%v, a map of 1/%d: %g where %g was", s, k, got.Pix[i], v)
				}
			}
		}
		for i := 1; i < len(tl.xs); i++ {
			if tl.xs[i-1]+tl.tw-tl.xs[i] < tileOverlap {
				t.Errorf("%v: tiles at %v of %d overlap too little", s, tl.xs, tl.tw)
			}
		}
	}
}
