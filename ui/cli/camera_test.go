//go:build onednn

package cli

import (
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"agurscope/datasets/aravis"
	"agurscope/datasets/live/livetest"
)

// cameras are addresses of every kind that a test can have for itself.
func cameras(t *testing.T) map[string]string {
	dir := flat(t, 4)
	out := map[string]string{
		"replay": "replay://" + dir + "?fps=50&loop=1",
		"watch":  "watch://" + dir + "?existing=1",
	}
	if aravis.Available() == nil {
		livetest.NewGigE(t)
		out["gige"] = "gige://" + livetest.GigEAddress + "?region=0,0,128,96&rate=50"
	}
	return out
}

func TestCameraProbeAndGrabForEveryKind(t *testing.T) {
	for kind, address := range cameras(t) {
		r := run(t, "camera", "probe", address, "--json")
		var s struct {
			Name          string
			Width, Height int
			Pixels        string
			Controls      []struct{ Name string }
		}
		if err := json.Unmarshal([]byte(r.out), &s); r.status != Done || err != nil || s.Width == 0 || s.Pixels == "" || s.Name == "" {
			t.Errorf("%s: %+v %v", kind, r, err)
		}
		if kind == "gige" && (s.Width != 128 || len(s.Controls) < 4) {
			t.Errorf("%+v", s)
		}
		if r = run(t, "camera", "probe", address); r.status != Done || !strings.Contains(r.out, "picture") {
			t.Errorf("%s: %+v", kind, r)
		}
		out := filepath.Join(t.TempDir(), "x.png")
		if r = run(t, "camera", "grab", address, "--out", out); r.status != Done {
			t.Errorf("%s: %+v", kind, r)
		}
		f, err := os.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(f)
		f.Close()
		if err != nil || m.Bounds().Dx() != s.Width || m.Bounds().Dy() != s.Height {
			t.Errorf("%s: %v %v", kind, m, err)
		}
	}
}

func TestCameraListFindsTheGigECamera(t *testing.T) {
	if err := aravis.Available(); err != nil {
		t.Skip(err)
	}
	livetest.NewGigE(t)
	livetest.Until(t, "it is listed", func() bool {
		r := run(t, "camera", "list", "--json")
		return r.status == Done && strings.Contains(r.out, "gige://"+livetest.GigEAddress)
	})
}

func TestCameraMistakes(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		line   string
		status int
		words  string
	}{
		{"camera", Done, ""},
		{"camera dance", Usage, "list, probe"},
		{"camera probe", Usage, "name one camera"},
		{"camera probe teapot://x", Usage, "choose one of"},
		{"camera probe http://eye:s3cret@127.0.0.1:1/", Failed, "refused"},
		{"camera grab replay://" + dir, Usage, "--out"},
		{"camera grab replay://" + dir + " --out x.jpg", Usage, "NAME.png"},
		{"camera grab replay://" + dir + " --out " + dir + "/x.png", Failed, "replay"},
		{"camera inspect replay://" + dir, Usage, "--recipe"},
		{"camera inspect replay://" + dir + " --recipe x --every 1s", Usage, "trigger=software"},
	} {
		r := run(t, strings.Fields(c.line)...)
		if r.status != c.status || !strings.Contains(r.err, c.words) || strings.Contains(r.err, "s3cret") {
			t.Errorf("%s: %+v", c.line, r)
		}
	}
}

func TestCameraInspectLogsEveryVerdict(t *testing.T) {
	db := filepath.Join(t.TempDir(), "h.db")
	r := run(t, "camera", "inspect", cameras(t)["replay"], "--recipe", recipe(), "--db", db, "--count", "7", "--json")
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if r.status != Done || len(lines) != 8 {
		t.Fatalf("%+v", r)
	}
	var end struct {
		Camera   struct{ Delivered, Dropped, Received uint64 }
		Verdicts int
		Latency  struct{ P50, P95 float64 } `json:"latency_ms"`
	}
	if err := json.Unmarshal([]byte(lines[7]), &end); err != nil || end.Verdicts != 7 || end.Latency.P50 <= 0 || end.Camera.Delivered < 7 {
		t.Errorf("%+v %v", end, err)
	}
	seen := map[string]bool{}
	for _, l := range lines[:7] {
		var v verdictView
		if err := json.Unmarshal([]byte(l), &v); err != nil || v.ID == 0 {
			t.Errorf("%s: %v", l, err)
		}
		seen[v.Name] = true
	}
	if r = run(t, "history", "list", "--db", db, "--json"); strings.Count(r.out, "\n") != 7 {
		t.Errorf("%+v", r)
	}
}

func TestCameraInspectByTrigger(t *testing.T) {
	if err := aravis.Available(); err != nil {
		t.Skip(err)
	}
	address := strings.Replace(cameras(t)["gige"], "?", "?trigger=software&", 1)
	r := run(t, "camera", "inspect", address, "--recipe", recipe(), "--db", filepath.Join(t.TempDir(), "h.db"), "--count", "10", "--every", "100ms")
	if r.status != Done || !strings.Contains(r.out, "10 pictures") || !strings.Contains(r.err, "0 dropped") {
		t.Errorf("%+v", r)
	}
}
