package viewer

import (
	"image"
	"math/rand/v2"
	"strings"
	"testing"
)

// gridOf reads a drawing: a dot is background, a digit a label.
func gridOf(rows ...string) (grid []int32, w, h int) {
	for _, c := range strings.Join(rows, "") {
		n := int32(0)
		if c != '.' {
			n = c - '0'
		}
		grid = append(grid, n)
	}
	return grid, len(rows[0]), len(rows)
}

func TestContours(t *testing.T) {
	tests := []struct {
		name  string
		rows  []string
		holes []bool
		sizes []int // corners
	}{
		{"nothing", []string{"...", "..."}, nil, nil},
		{"single cell", []string{"...", ".1.", "..."}, []bool{false}, []int{4}},
		{"whole grid", []string{"11", "11"}, []bool{false}, []int{4}},
		{"L", []string{"1.", "11"}, []bool{false}, []int{6}},
		{"ring", []string{"111", "1.1", "111"}, []bool{false, true}, []int{4, 4}},
		{"diagonal is one region", []string{"1.", ".1"}, []bool{false}, []int{8}},
		{"neighbours of two labels", []string{"12"}, []bool{false, false}, []int{4, 4}},
		{"same label apart", []string{"1.1"}, []bool{false, false}, []int{4, 4}},
		{"hole closed by a corner", []string{"111", "1.1", "11."}, []bool{false, true}, []int{6, 4}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			grid, w, h := gridOf(tt.rows...)
			got := Contours(grid, w, h)
			if len(got) != len(tt.holes) {
				t.Fatalf("%d contours, want %d: %v", len(got), len(tt.holes), got)
			}
			for i, c := range got {
				if c.Hole != tt.holes[i] || len(c.Points) != tt.sizes[i] {
					t.Errorf("contour %d: hole %v with %d corners, want %v with %d", i, c.Hole, len(c.Points), tt.holes[i], tt.sizes[i])
				}
			}
		})
	}
}

func TestContourOfACellIsItsFourCornersClockwise(t *testing.T) {
	grid, w, h := gridOf("...", ".7.", "...")
	got := Contours(grid, w, h)[0]
	want := []image.Point{{2, 1}, {2, 2}, {1, 2}, {1, 1}}
	if got.Label != 7 {
		t.Errorf("label %d", got.Label)
	}
	for i, p := range want {
		if got.Points[i] != p {
			t.Fatalf("corners %v, want %v", got.Points, want)
		}
	}
}

// area of a closed polygon, positive when clockwise on the screen.
func area(points []image.Point) int {
	sum := 0
	for i, p := range points {
		q := points[(i+1)%len(points)]
		sum += p.X*q.Y - q.X*p.Y
	}
	return sum / 2
}

func TestContoursEncloseExactlyTheCellsOfEachLabel(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 200 {
		w, h := 1+r.IntN(12), 1+r.IntN(12)
		grid := make([]int32, w*h)
		cells := map[int32]int{}
		for i := range grid {
			grid[i] = int32(r.IntN(4))
			cells[grid[i]]++
		}
		areas := map[int32]int{}
		for _, c := range Contours(grid, w, h) {
			a := area(c.Points)
			if (a < 0) != c.Hole {
				t.Fatalf("hole %v has area %d", c.Hole, a)
			}
			areas[c.Label] += a
		}
		for label := int32(1); label < 4; label++ {
			if areas[label] != cells[label] {
				t.Fatalf("%v (%d wide): label %d encloses %d cells of %d", grid, w, label, areas[label], cells[label])
			}
		}
	}
}

func TestContoursRefuseAGridThatIsTooShort(t *testing.T) {
	if got := Contours(make([]uint8, 5), 3, 2); got != nil {
		t.Errorf("got %v", got)
	}
}

func FuzzContours(f *testing.F) {
	f.Add([]byte{1, 0, 1, 1, 1, 0}, 3)
	f.Add([]byte{2, 2, 2, 2, 0, 2, 2, 2, 2}, 3)
	f.Fuzz(func(t *testing.T, grid []byte, w int) {
		if w <= 0 || w > 64 || len(grid) < w || len(grid) > 4096 {
			return
		}
		h := len(grid) / w
		sum, cells := 0, 0
		for _, c := range Contours(grid, w, h) {
			sum += area(c.Points)
		}
		for _, v := range grid[:w*h] {
			if v != 0 {
				cells++
			}
		}
		if sum != cells {
			t.Errorf("contours enclose %d cells of %d", sum, cells)
		}
	})
}

func TestOutlinesAreInImageCoordinates(t *testing.T) {
	grid, w, h := gridOf("..", ".3")
	got := OutlinesOf(grid, w, h, Size{200, 100})
	if len(got) != 1 || got[0].Region != 3 || got[0].Label != "3" {
		t.Fatalf("%+v", got)
	}
	a, b := got[0].Bounds()
	if a != (Point{100, 50}) || b != (Point{200, 100}) {
		t.Errorf("bounds %v %v", a, b)
	}
}
