// Package baseline holds the controls of every accuracy table: detectors so
// simple that a network which does not beat them has learned nothing worth
// having. Each is fit on pictures of good parts only, in seconds, and nothing
// in it is trained by gradients.
//
// A control gives a score and a map and no threshold. Scores of different
// controls are in different units; only their order matters.
package baseline

import (
	"fmt"
	"slices"
	"strings"

	"agurscope/nn"
)

// Detector is a fitted control. It may be used from several goroutines.
type Detector interface {
	// Detect returns the score of a picture, higher is worse, and its anomaly
	// map, one plane of the picture's size. The picture has the shape of those
	// that the detector was fit on; another one panics with a [*nn.ShapeError].
	Detect(x *nn.Image) (score float64, m *nn.Image)
}

// Names lists the controls from the simplest to the strongest.
var Names = []string{"mean-grey", "template", "pca", "hog", "handcrafted"}

// fewest is the number of normals under which nothing has a spread.
const fewest = 2

// Fit fits the named control to normal pictures of one size with three planes
// in [0,1]. At least two are needed.
func Fit(name string, normals []*nn.Image) (Detector, error) {
	if !slices.Contains(Names, name) {
		return nil, fmt.Errorf("fit a control: %q is not one of %s", name, strings.Join(Names, ", "))
	}
	if len(normals) < fewest {
		return nil, fmt.Errorf("fit %s: %d normal pictures, at least %d are needed", name, len(normals), fewest)
	}
	s := sizeOf(normals[0])
	for i, x := range normals {
		if x.C != 3 || x.H < 1 || x.W < 1 || sizeOf(x) != s || len(x.Pix) != x.C*x.H*x.W {
			return nil, fmt.Errorf("fit %s: picture %d is %d x %d with %d planes, want %d x %d with 3", name, i+1, x.W, x.H, x.C, s.w, s.h)
		}
	}
	switch name {
	case "mean-grey":
		return fitMeanGrey(normals), nil
	case "template":
		return fitTemplate(normals), nil
	case "pca":
		return fitPCA(normals)
	case "hog":
		return fitHOG(normals), nil
	default:
		return fitHandcrafted(normals)
	}
}

// size is the extent of the pictures that a detector was fit on.
type size struct{ w, h int }

func sizeOf(x *nn.Image) size { return size{x.W, x.H} }

// check panics unless x is of the fitted size with three planes.
func (s size) check(x *nn.Image) {
	if x.C != 3 || sizeOf(x) != s {
		panic(&nn.ShapeError{Op: "detect", Want: fmt.Sprintf("3 planes of %d x %d", s.h, s.w), Got: []nn.Shape{{1, x.C, x.H, x.W}}})
	}
}
