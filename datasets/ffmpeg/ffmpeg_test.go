package ffmpeg

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/datasets/live"
	"agurscope/datasets/live/livetest"
)

// video writes a file of n pictures with the program itself.
func video(t testing.TB, name string, n int, codec ...string) string {
	t.Helper()
	bin, err := Available()
	if err != nil {
		t.Skip(err)
	}
	path := filepath.Join(t.TempDir(), name)
	args := append([]string{"-loglevel", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=25", "-frames:v", fmt.Sprint(n)}, codec...)
	if out, err := exec.Command(bin, append(args, path)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

func source(path string) *live.Source {
	return live.New(live.Options{Name: "video", Driver: &File{path}, Recorded: true, Repeats: true, Stall: -1})
}

func TestContract(t *testing.T) {
	path := video(t, "v.mp4", 40, "-c:v", "libx264", "-preset", "ultrafast")
	livetest.Run(t, livetest.Kind{Waits: true, Open: func(*testing.T) *live.Source { return source(path) }})
}

func TestEveryPictureOfAFileComesOnceThenItEnds(t *testing.T) {
	for name, codec := range map[string][]string{"v.mp4": {"-c:v", "libx264", "-bf", "2"}, "v.avi": {"-c:v", "mjpeg"}, "-v.mkv": {"-c:v", "ffv1"}} {
		path := video(t, name, 31, codec...)
		n := 0
		for f, err := range source(path).Frames(t.Context()) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			livetest.Border(t, f.Image)
			if want := fmt.Sprintf("%s/%06d", name, n+1); f.Name != want || f.Path != path {
				t.Errorf("name %q, path %q", f.Name, f.Path)
			}
			n++
		}
		if n != 31 {
			t.Errorf("%s: %d pictures of 31", name, n)
		}
	}
}

// A video that is damaged in the middle is not played again and again.
func TestADamagedFileEndsWithAnErrorAndIsNotPlayedAgain(t *testing.T) {
	path := video(t, "v.avi", 40, "-c:v", "mjpeg")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(b) / 2; i < len(b)*3/4; i++ {
		b[i] = byte(i * 7)
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	names, broken := map[string]bool{}, 0
	for f, err := range source(path).Frames(t.Context()) {
		if names[f.Name] || len(names) > 40 {
			t.Fatalf("%s comes again", f.Name)
		}
		names[f.Name] = true
		if err != nil {
			broken++
			if f.Path != path || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", f.Path, err)
			}
		}
	}
	if broken != 1 || len(names) < 10 {
		t.Errorf("%d pictures, %d errors", len(names), broken)
	}
}

func TestWhatIsNoVideoIsToldInOneSentence(t *testing.T) {
	if _, err := Available(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	text := filepath.Join(dir, "text.mp4")
	if err := os.WriteFile(text, bytes.Repeat([]byte("no video "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, filepath.Join(dir, "absent.mp4"), dir} {
		told := false
		for _, err := range source(path).Frames(t.Context()) {
			told = true
			if err == nil || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", path, err)
			}
			break
		}
		if !told {
			t.Errorf("%s ended and told nobody", path)
		}
	}
}

func ppm(w, h int, b byte) string {
	return fmt.Sprintf("P6\n%d %d\n255\n%s", w, h, strings.Repeat(string([]byte{b, b + 1, b + 2}), w*h))
}

func TestPictures(t *testing.T) {
	p := NewPictures(strings.NewReader(ppm(4, 3, 1) + ppm(2, 5, 7)))
	for _, want := range []struct {
		size image.Point
		c    color.RGBA
	}{{image.Pt(4, 3), color.RGBA{1, 2, 3, 255}}, {image.Pt(2, 5), color.RGBA{7, 8, 9, 255}}} {
		m, err := p.Next()
		if err != nil || m.Bounds().Size() != want.size || m.RGBAAt(1, 2) != want.c {
			t.Errorf("got %v %v", m, err)
		}
	}
	if _, err := p.Next(); err != io.EOF {
		t.Errorf("at the end: %v", err)
	}
	for _, s := range []string{"P5\n1 1\n255\n.", "P6\n1 1\n65535\n......", "P6\n-1 1\n255\n", "P6\n99999 1\n255\n", "P6\n30000 30000\n255\n", "P6\n" + strings.Repeat("1", 100), ppm(4, 4, 1)[:30], "P6"} {
		if m, err := NewPictures(strings.NewReader(s)).Next(); err == nil || errors.Is(err, io.EOF) && s != "" {
			t.Errorf("%q became %v, %v", s, m, err)
		}
	}
}

func FuzzPictures(f *testing.F) {
	f.Add([]byte(ppm(4, 3, 1) + ppm(2, 5, 7)))
	f.Add([]byte("P6\n30000 3000\n255\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := NewPictures(bytes.NewReader(b))
		for {
			m, err := p.Next()
			if err != nil {
				return
			}
			livetest.Border(t, m)
		}
	})
}
