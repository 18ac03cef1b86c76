//go:build cgo && linux

package aravis

import (
	"context"
	"errors"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agurscope/datasets/live"
	"agurscope/datasets/live/livetest"
)

// newCamera starts a camera of the library as a process.
func newCamera(t testing.TB, args ...string) *livetest.GigE {
	t.Helper()
	if err := Available(); err != nil {
		t.Skip(err)
	}
	return livetest.NewGigE(t, args...)
}

func driver() *Driver {
	return (&Driver{Name: livetest.GigEAddress}).With(map[string]string{"region": "0,0,256,256", "rate": "50"})
}

func source() *live.Source { return live.New(live.Options{Name: "gige", Driver: driver()}) }

func TestContractOverTheNetwork(t *testing.T) {
	c := newCamera(t)
	livetest.Run(t, livetest.Kind{Peer: c, Open: func(*testing.T) *live.Source { return source() }})
}

func TestContractOfTheCameraWithinTheLibrary(t *testing.T) {
	if err := Available(); err != nil {
		t.Skip(err)
	}
	livetest.Run(t, livetest.Kind{Open: func(*testing.T) *live.Source {
		d := (&Driver{Name: "Fake_1"}).With(map[string]string{"region": "0,0,128,96", "rate": "50"})
		return live.New(live.Options{Name: "fake", Driver: d})
	}})
}

func TestEveryTriggerBringsOnePicture(t *testing.T) {
	newCamera(t)
	d := driver()
	d.Mode = live.Software
	s := live.New(live.Options{Name: "gige", Driver: d, Mode: live.Software})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() {
		livetest.Until(t, "it is connected", func() bool { return s.Status().State == live.Streaming })
		_ = s.Trigger(ctx)
	}()
	n := 0
	const all = 100
	for f, err := range s.Frames(ctx) {
		if err != nil {
			t.Fatalf("trigger %d: %v", n, err)
		}
		livetest.Border(t, f.Image)
		if n++; n == all {
			break
		}
		if err := s.Trigger(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if st := s.Status(); n != all || st.Delivered != all || st.Dropped != 0 {
		t.Errorf("%d pictures, %+v", n, st)
	}
}

// Half a percent of the packets is lost: pictures are incomplete, none of them
// is handed over, and what is handed over is whole.
func TestLostPacketsAreCountedAndNeverSeen(t *testing.T) {
	newCamera(t, "-r", "5")
	s := source()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	n := 0
	for f, err := range s.Frames(ctx) {
		if err != nil {
			continue
		}
		whole(t, f.Image)
		if n++; n >= 20 && s.Status().Incomplete >= 5 {
			return
		}
	}
	t.Errorf("%d pictures, %+v", n, s.Status())
}

// whole looks for the grey ramp that the camera draws: a lost packet leaves a
// hole of what was in the buffer before.
func whole(t *testing.T, m image.Image) {
	t.Helper()
	g := m.(*image.Gray)
	for y := range g.Rect.Dy() {
		for x := range g.Rect.Dx() {
			if want := byte((int(g.Pix[0]) + x + y) % 255); g.Pix[y*g.Stride+x] != want {
				t.Fatalf("pixel %d,%d is %d, want %d", x, y, g.Pix[y*g.Stride+x], want)
			}
		}
	}
}

func TestControls(t *testing.T) {
	c := newCamera(t)
	s := source()
	stage := 0
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for f, err := range s.Frames(ctx) {
		if err != nil {
			continue
		}
		switch stage {
		case 0:
			if f.Image.Bounds() != image.Rect(0, 0, 256, 256) {
				t.Fatalf("the region is %v", f.Image.Bounds())
			}
			got := controls(t, s)
			if e := got["exposure"]; e.Max <= e.Min || e.Unit != "µs" {
				t.Errorf("exposure: %+v", e)
			}
			if p := got["format"]; p.Value != "Mono8" || len(p.Choices) == 0 {
				t.Errorf("format: %+v", p)
			}
			for name, v := range map[string]string{"exposure": "5000", "gain": "3", "rate": "40", "region": "16,8,64,48"} {
				if err := s.Set(name, v); err != nil {
					t.Error(err)
				}
			}
			for name, v := range map[string]string{"exposure": "-5", "gain": "loud", "region": "0,0,99999,1", "format": "Coffee", "smell": "1"} {
				if err := s.Set(name, v); err == nil {
					t.Errorf("%s was set to %s", name, v)
				}
			}
			if got := controls(t, s); got["exposure"].Value != "5000" || got["gain"].Value != "3" || got["region"].Value != "16,8,64,48" {
				t.Errorf("%+v", got)
			}
			stage = 1
		case 1:
			if f.Image.Bounds() == image.Rect(0, 0, 64, 48) {
				c.Stop() // the settings must come back with the camera
				c.Start()
				stage = 2
			}
		case 2:
			if st := s.Status(); st.Losses == 1 {
				if f.Image.Bounds() != image.Rect(0, 0, 64, 48) {
					t.Errorf("after the return the region is %v", f.Image.Bounds())
				}
				return
			}
		}
	}
	t.Fatalf("stage %d, %+v", stage, s.Status())
}

func controls(t *testing.T, s *live.Source) map[string]live.Control {
	list, err := s.Controls()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]live.Control{}
	for _, c := range list {
		out[c.Name] = c
	}
	return out
}

func TestDepthIsKept(t *testing.T) {
	newCamera(t)
	s := live.New(live.Options{Name: "gige", Driver: (&Driver{Name: livetest.GigEAddress}).With(map[string]string{"format": "Mono16", "region": "0,0,64,64"})})
	f := livetest.Take(t, s, 1)[0]
	if _, ok := f.Image.(*image.Gray16); !ok {
		t.Errorf("got %T", f.Image)
	}
}

func TestAbsentCameraIsToldInTime(t *testing.T) {
	if err := Available(); err != nil {
		t.Skip(err)
	}
	start := time.Now()
	if _, err := (&Driver{Name: "127.0.0.254"}).Open(t.Context()); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
	t.Logf("told after %v", time.Since(start).Round(time.Millisecond))
}

func TestWithoutTheLibraryTheRemedyIsNamed(t *testing.T) {
	if !strings.Contains(ErrUnavailable.Error(), "apt install libaravis-0.8-0") {
		t.Error(ErrUnavailable)
	}
	if err := Available(); err != nil && !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}

// The declarations of functions.h are those of the headers, where these are
// installed.
func TestDeclarationsAgreeWithTheHeaders(t *testing.T) {
	const headers = "/usr/include/aravis-0.8"
	if _, err := os.Stat(filepath.Join(headers, "arv.h")); err != nil {
		t.Skip("libaravis-dev is not installed")
	}
	flags, err := exec.Command("pkg-config", "--cflags", "gio-2.0").Output()
	if err != nil {
		t.Skip(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "check.c")
	text := "#include <arv.h>\n#include \"functions.h\"\n#define CHECK(result, name, arguments) result (*check_##name) arguments = name;\nAV_FUNCTIONS(CHECK)\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-fsyntax-only", "-Wall", "-Werror", "-I", here, "-I", headers, file}, strings.Fields(string(flags))...)
	if out, err := exec.Command("gcc", args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
