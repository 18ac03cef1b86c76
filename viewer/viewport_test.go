package viewer

import (
	"math"
	"testing"
)

var testPane = Size{640, 480}

// bounded folds any float into a range, so that fuzzing explores views that can
// occur instead of overflows.
func bounded(f, low, high float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return low
	}
	return low + math.Mod(math.Abs(f), high-low)
}

func near(a, b Point, tolerance float64) bool {
	return math.Abs(a.X-b.X) <= tolerance && math.Abs(a.Y-b.Y) <= tolerance
}

func FuzzScreenAndBackIsTheSamePoint(f *testing.F) {
	f.Add(100.0, 80.0, 1.0, 10.0, 20.0)
	f.Add(0.0, 0.0, 0.01, -500.0, 3000.0)
	f.Add(4000.0, 12.5, 64.0, 639.0, 0.5)
	f.Fuzz(func(t *testing.T, cx, cy, zoom, sx, sy float64) {
		v := Viewport{Point{bounded(cx, -5000, 5000), bounded(cy, -5000, 5000)}, bounded(zoom, 0.001, MaxZoom)}
		s := Point{bounded(sx, -2000, 2000), bounded(sy, -2000, 2000)}
		if got := v.ToScreen(v.ToImage(s, testPane), testPane); !near(got, s, 1e-6) {
			t.Errorf("%+v: %v came back as %v", v, s, got)
		}
	})
}

func FuzzZoomKeepsThePointUnderTheCursor(f *testing.F) {
	f.Add(100.0, 80.0, 1.0, 10.0, 20.0, 1.2)
	f.Add(50.0, 50.0, 60.0, 600.0, 400.0, 3.0) // beyond the largest zoom
	f.Fuzz(func(t *testing.T, cx, cy, zoom, sx, sy, factor float64) {
		v := Viewport{Point{bounded(cx, -5000, 5000), bounded(cy, -5000, 5000)}, bounded(zoom, 0.01, MaxZoom)}
		s := Point{bounded(sx, 0, 640), bounded(sy, 0, 480)}
		before := v.ToImage(s, testPane)
		v.ZoomAt(s, bounded(factor, 0.1, 10), testPane)
		if after := v.ToImage(s, testPane); !near(before, after, 1e-6) {
			t.Errorf("%v moved to %v", before, after)
		}
		if v.Zoom > MaxZoom {
			t.Errorf("zoom %v", v.Zoom)
		}
	})
}

func FuzzClampNeverLosesTheImage(f *testing.F) {
	f.Add(1e9, -1e9, 0.0001, 512.0, 512.0)
	f.Add(math.NaN(), 5.0, math.NaN(), 28.0, 28.0)
	f.Fuzz(func(t *testing.T, cx, cy, zoom, w, h float64) {
		v := Viewport{Point{cx, cy}, zoom}
		img := Size{math.Floor(bounded(w, 1, 30000)), math.Floor(bounded(h, 1, 30000))}
		v.Clamp(img, testPane)
		if !(v.Zoom > 0) || v.Zoom > MaxZoom {
			t.Fatalf("zoom %v", v.Zoom)
		}
		a, b := v.ToScreen(Point{}, testPane), v.ToScreen(Point{img.W, img.H}, testPane)
		if !(a.X <= testPane.W/2+1e-6 && b.X >= testPane.W/2-1e-6 && a.Y <= testPane.H/2+1e-6 && b.Y >= testPane.H/2-1e-6) {
			t.Errorf("the middle of the pane shows no image: %v to %v", a, b)
		}
		again := v
		again.Clamp(img, testPane)
		if !near(again.Center, v.Center, 1e-6) {
			t.Errorf("clamping twice moved %v to %v", v.Center, again.Center)
		}
	})
}

func TestFitShowsTheWholeImageAsLargeAsPossible(t *testing.T) {
	for _, img := range []Size{{512, 512}, {4096, 100}, {20, 3000}, {28, 28}} {
		var v Viewport
		v.Fit(img, testPane)
		a, b := v.ToScreen(Point{}, testPane), v.ToScreen(Point{img.W, img.H}, testPane)
		if a.X < -1e-9 || a.Y < -1e-9 || b.X > testPane.W+1e-9 || b.Y > testPane.H+1e-9 {
			t.Errorf("%v: %v to %v leaves the pane", img, a, b)
		}
		if b.X-a.X < testPane.W-1e-6 && b.Y-a.Y < testPane.H-1e-6 {
			t.Errorf("%v could be larger: %v to %v", img, a, b)
		}
	}
}

func TestClampLeavesAGoodViewAlone(t *testing.T) {
	v := Viewport{Point{256, 256}, 4}
	v.Clamp(Size{512, 512}, testPane)
	if v != (Viewport{Point{256, 256}, 4}) {
		t.Errorf("moved to %+v", v)
	}
}

func TestShowBringsARegionIntoTheMiddle(t *testing.T) {
	var v Viewport
	v.Show(Point{100, 40}, Point{140, 60}, 0.5, testPane)
	if want := (Point{120, 50}); v.Center != want {
		t.Errorf("centre %v, want %v", v.Center, want)
	}
	if v.Zoom != 8 { // 320 screen pixels for 40
		t.Errorf("zoom %v, want 8", v.Zoom)
	}
}
