package synthec

// textLine is a line printed on the body.
type textLine struct {
	left, top float64 // of the first letter
	tall      float64 // height of a letter
	words     string
}

// lines is what is printed on every part.
var lines = []textLine{
	{-17.6, -13.5, 8.4, "AGUR"},
	{-20.2, 1.2, 6.6, "EC1286"},
	{-11.4, 14.2, 5.0, "2631K"},
}

// Letters stand on a grid of 4 x 6; a letter's strokes are pairs of points.
const (
	glyphWide = 4.0
	glyphTall = 6.0
	glyphStep = 5.9 // from letter to letter
)

var glyphs = map[byte][]stroke{
	'A': {{0, 6, 2, 0}, {2, 0, 4, 6}, {0.8, 4, 3.2, 4}},
	'C': {{4, 0.8, 3, 0}, {3, 0, 1, 0}, {1, 0, 0, 1.2}, {0, 1.2, 0, 4.8}, {0, 4.8, 1, 6}, {1, 6, 3, 6}, {3, 6, 4, 5.2}},
	'E': {{0, 0, 0, 6}, {0, 0, 4, 0}, {0, 3, 3, 3}, {0, 6, 4, 6}},
	'G': {{4, 0.8, 3, 0}, {3, 0, 1, 0}, {1, 0, 0, 1.2}, {0, 1.2, 0, 4.8}, {0, 4.8, 1, 6}, {1, 6, 4, 6}, {4, 6, 4, 3.2}, {4, 3.2, 2.4, 3.2}},
	'K': {{0, 0, 0, 6}, {4, 0, 0, 3.4}, {1.2, 2.6, 4, 6}},
	'R': {{0, 0, 0, 6}, {0, 0, 3, 0}, {3, 0, 4, 1}, {4, 1, 4, 2.2}, {4, 2.2, 3, 3.2}, {3, 3.2, 0, 3.2}, {2, 3.2, 4, 6}},
	'U': {{0, 0, 0, 4.8}, {0, 4.8, 1, 6}, {1, 6, 3, 6}, {3, 6, 4, 4.8}, {4, 4.8, 4, 0}},
	'1': {{0.8, 1.2, 2.2, 0}, {2.2, 0, 2.2, 6}, {0.8, 6, 3.6, 6}},
	'2': {{0, 1, 1, 0}, {1, 0, 3, 0}, {3, 0, 4, 1.2}, {4, 1.2, 4, 2.2}, {4, 2.2, 0, 6}, {0, 6, 4, 6}},
	'3': {{0, 0.6, 1, 0}, {1, 0, 3, 0}, {3, 0, 4, 1.4}, {4, 1.4, 2.8, 2.9}, {2.8, 2.9, 4, 4.4}, {4, 4.4, 3, 6}, {3, 6, 1, 6}, {1, 6, 0, 5.4}},
	'6': {{3.6, 0, 1, 1.6}, {1, 1.6, 0, 4}, {0, 4, 1, 6}, {1, 6, 3, 6}, {3, 6, 4, 4.6}, {4, 4.6, 3, 3}, {3, 3, 0.5, 3}},
	'8': {{1, 0, 3, 0}, {3, 0, 4, 1.4}, {4, 1.4, 3, 2.9}, {3, 2.9, 1, 2.9}, {1, 2.9, 0, 1.4}, {0, 1.4, 1, 0}, {3, 2.9, 4, 4.5}, {4, 4.5, 3, 6}, {3, 6, 1, 6}, {1, 6, 0, 4.5}, {0, 4.5, 1, 2.9}},
}

// printed returns how much ink is at x,y.
func (s *scene) printed(x, y float64) float64 {
	for i := range lines {
		l := &lines[i]
		k := l.tall / glyphTall
		u, v := (x-l.left)/k, (y-l.top)/k
		if v < -1 || v > glyphTall+1 || u < -1 {
			continue
		}
		at := int((u + 1) / glyphStep)
		if at >= len(l.words) {
			continue
		}
		u -= float64(at) * glyphStep
		if u > glyphWide+1 {
			continue
		}
		near := 9.0
		for _, st := range glyphs[l.words[at]] {
			d, _ := st.distance(u, v)
			near = min(near, d)
		}
		return cover((near-0.55)*k, s.soft)
	}
	return 0
}
