package camera

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"agurscope/datasets/aravis"
	"agurscope/datasets/live"
	"agurscope/datasets/live/livetest"
)

func TestAddresses(t *testing.T) {
	dir := t.TempDir()
	video := filepath.Join(dir, "a clip.mp4")
	if err := os.WriteFile(video, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]struct {
		scheme, rest, title, text string
		live                      bool
	}{
		"gige://127.0.0.1?exposure=5000":              {"gige", "127.0.0.1", "gige 127.0.0.1", "gige://127.0.0.1?exposure=5000", true},
		"aravis://Basler-acA1300-30gm-21211553":       {"aravis", "Basler-acA1300-30gm-21211553", "aravis Basler-acA1300-30gm-21211553", "", true},
		"aravis://The%20Vendor-1":                     {"aravis", "The Vendor-1", "aravis The Vendor-1", "", true},
		"v4l2:///dev/video0?format=MJPG&size=640x480": {"v4l2", "/dev/video0", "v4l2 video0", "", true},
		"/dev/video2": {"v4l2", "/dev/video2", "v4l2 video2", "v4l2:///dev/video2", true},
		"rtsp://eye:s3cret@10.0.0.5:554/cam?ch=1#trigger=software": {"rtsp", "eye:s3cret@10.0.0.5:554/cam?ch=1", "rtsp 10.0.0.5:554", "", true},
		"http://cam.local/video?res=1":                             {"http", "cam.local/video?res=1", "http cam.local", "", true},
		"watch://" + dir:                                           {"watch", dir, "watch " + filepath.Base(dir), "", false},
		dir:                                                        {"watch", dir, "watch " + filepath.Base(dir), "", false},
		"replay://" + dir + "?fps=5&loop=1":                        {"replay", dir, "replay " + filepath.Base(dir), "", true},
		video:                                                      {"file", video, "file a clip.mp4", "", false},
		"  gige://1.2.3.4?gate=motion ":                            {"gige", "1.2.3.4", "gige 1.2.3.4", "gige://1.2.3.4?gate=motion", true},
	} {
		a, err := Parse(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if a.Scheme != want.scheme || a.Rest != want.rest || a.Title() != want.title || want.text != "" && a.String() != want.text {
			t.Errorf("%s: %+v %q %q", in, a, a.Title(), a.String())
		}
		again, err := Parse(a.String())
		if err != nil || fmt.Sprint(again) != fmt.Sprint(a) {
			t.Errorf("%s became %s: %v", in, a, err)
		}
		src, err := a.Open()
		if err != nil || src.Live() != want.live || src.Name() != want.title || src.Status().State != live.Idle {
			t.Errorf("%s: %v %v", in, src, err)
		}
		if err == nil && strings.Contains(src.Name(), "s3cret") {
			t.Errorf("%s tells the password: %s", in, src.Name())
		}
	}
}

func TestWrongAddressesNameTheRemedyAndNoPassword(t *testing.T) {
	for in, words := range map[string]string{
		"":                               "name a camera",
		"nowhere":                        "gige://nowhere",
		"teapot://x":                     "choose one of",
		"gige://":                        "which camera",
		"gige://1.2.3.4?colour=red":      "exposure",
		"gige://1.2.3.4?trigger=thought": "free, software or hardware",
		"gige://1.2.3.4?gate=shut":       "motion",
		"gige://1.2.3.4?stall=soon":      "duration",
		"gige://1.2.3.4?gate=motion&trigger=software": "leave one",
		"http://eye:s3cret@h/#trigger=hardware":       "software",
		"http://eye:s3cret@h/#nope=1":                 "settings",
		"rtsp://eye:s3cret@h/#transport=pigeon":       "udp",
		"rtsp://eye:s3cret@%zz/":                      "host",
		"rtsp://eye:s3cret#7@h/cam":                   "%23 for #",
		"rtsp://eye:/s3cret@h/cam#trigger=software":   "%2F for /",
		"http://eye:a?s3cret@h/":                      "%3F for ?",
		"watch:///tmp?trigger=software":               "cannot be triggered",
		"replay:///tmp?fps=-1":                        "rate",
		"replay:///tmp?loop=perhaps":                  "yes",
	} {
		_, err := Open(in)
		if err == nil || !strings.Contains(err.Error()+" settings", words) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestPasswordsInAPathOrAQueryAreHidden(t *testing.T) {
	for in, want := range map[string]string{
		"rtsp://10.0.0.5:554/user=eye&password=s3cret&channel=1#trigger=software":     "rtsp://10.0.0.5:554/user=eye&password=…&channel=1#trigger=software",
		"rtsp://10.0.0.5/user=eye_password=s3cret_channel=1_stream=0.sdp?real_stream": "rtsp://10.0.0.5/user=eye_password=…",
		"http://eye:s3cret@cam/snap.cgi?usr=eye&PWD=s3cret":                           "http://eye:…@cam/snap.cgi?usr=eye&PWD=…",
		"gige://10.0.0.5?exposure=5":                                                  "gige://10.0.0.5?exposure=5",
	} {
		if got := Redact(in); got != want {
			t.Errorf("%s became %s", in, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("gige://1.2.3.4?exposure=5")
	f.Add("rtsp://u:p@h/x?y#trigger=software")
	f.Add("rtsp://h/ #trigger=software")
	f.Add("rtsp:// #")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			return
		}
		if again, err := Parse(a.String()); err != nil || again.Rest != a.Rest {
			t.Errorf("%q became %q: %v", s, a, err)
		}
		_ = a.Title()
		_, _ = a.Open()
	})
}

func set(t *testing.T) string {
	dir := t.TempDir()
	for i := range 3 {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%d.png", i)))
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 20, 10))); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	return dir
}

func TestTry(t *testing.T) {
	src, err := Open("replay://" + set(t) + "?fps=50&loop=1")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Try(t.Context(), src, true)
	if err != nil || s.Width != 20 || s.Height != 10 || s.Pixels != "8-bit grey" || s.Status.Received < 2 || s.Frame.Image == nil {
		t.Errorf("%+v %v", s, err)
	}
	src, _ = Open("http://127.0.0.1:1/")
	if _, err := Try(t.Context(), src, false); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
	src, _ = Open("watch://" + t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Try(ctx, src, false); err == nil {
		t.Error("a picture from an empty folder")
	}
}

func TestTryTriggersACameraThatWaits(t *testing.T) {
	if err := aravis.Available(); err != nil {
		t.Skip(err)
	}
	livetest.NewGigE(t)
	src, err := Open("gige://" + livetest.GigEAddress + "?trigger=software&region=0,0,64,48")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Try(t.Context(), src, true)
	if err != nil || s.Width != 64 || len(s.Controls) == 0 {
		t.Errorf("%+v %v", s, err)
	}
}

func TestListFindsTheGigECamera(t *testing.T) {
	if err := aravis.Available(); err != nil {
		t.Skip(err)
	}
	livetest.NewGigE(t)
	livetest.Until(t, "it is found", func() bool {
		found, means := List(t.Context())
		if len(means) != 3 {
			t.Fatalf("%+v", means)
		}
		for _, f := range found {
			if f.Address == "gige://"+livetest.GigEAddress {
				return true
			}
		}
		return false
	})
}
