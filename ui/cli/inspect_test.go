//go:build onednn

package cli

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/image/tiff"

	"agurscope/datasets"
	"agurscope/datasets/synthec"
	"agurscope/history"
	"agurscope/nn/segment"
	"agurscope/ui/session"
)

// hostile fills a folder with what lines really hold and returns the names of
// the pictures that can, and that cannot, be inspected.
func hostile(t *testing.T) (dir string, fine, broken []string) {
	t.Helper()
	dir = t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	part := func(i int, defect string) *image.RGBA {
		m, _ := synthec.Part(synthec.Options{Size: side}, i, defect)
		return m
	}
	writePNG(t, at("good1.png"), part(1, ""))
	writePNG(t, at("good2.png"), part(2, ""))

	whole, err := os.ReadFile(at("good1.png"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, at("truncated.png"), whole[:len(whole)/2])
	write(t, at("text.png"), []byte("this is a letter, not a picture\n"))
	write(t, at("empty.png"), nil)
	write(t, at("huge.png"), hugePNG())

	deep := image.NewGray16(image.Rect(0, 0, side, side))
	for i, v := range part(3, "").Pix {
		if i%4 == 1 {
			deep.SetGray16(i/4%side, i/4/side, color.Gray16{Y: uint16(v)<<8 | 0x5a})
		}
	}
	var b bytes.Buffer
	if err := tiff.Encode(&b, deep, nil); err != nil {
		t.Fatal(err)
	}
	write(t, at("deep.tif"), b.Bytes())
	write(t, at("rotated.jpg"), rotatedJPEG(t, part(4, "")))

	b.Reset()
	if err := gif.Encode(&b, part(5, ""), nil); err != nil {
		t.Fatal(err)
	}
	write(t, at("film.gif"), b.Bytes())
	write(t, at("README.txt"), []byte("about these parts\n"))
	write(t, at(".hidden.png"), whole)
	return dir, []string{"deep.tif", "good1.png", "good2.png", "rotated.jpg"},
		[]string{"empty.png", "film.gif", "huge.png", "text.png", "truncated.png"}
}

// hugePNG is a correct header of 30,000 x 30,000 pixels and hardly more.
func hugePNG() []byte {
	chunk := func(kind string, data []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		b = append(append(b, kind...), data...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	head := binary.BigEndian.AppendUint32(nil, 30000)
	head = binary.BigEndian.AppendUint32(head, 30000)
	head = append(head, 8, 2, 0, 0, 0)
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head), chunk("IDAT", []byte{0x78, 0x9c}), chunk("IEND", nil))
}

// rotatedJPEG writes m with an EXIF orientation that says: turn me.
func rotatedJPEG(t *testing.T, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
	app1 := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	return slices.Concat(b.Bytes()[:2], app1, exif, b.Bytes()[2:])
}

// One line for every picture, ERROR with its reason where it cannot be read,
// exit status 0, and every verdict in the history.
func TestHostileFolderGivesOneVerdictEach(t *testing.T) {
	dir, fine, broken := hostile(t)
	db := filepath.Join(t.TempDir(), "h.db")
	r := done(t, "inspect", "--recipe", recipe(), "--db", db, "--json", dir)
	got := map[string]map[string]any{}
	for _, v := range lines(t, r.out) {
		got[v["name"].(string)] = v
	}
	if want := len(fine) + len(broken); len(got) != want || strings.Count(r.out, "\n") != want {
		t.Errorf("%d lines for %d pictures, want %d:\n%s", strings.Count(r.out, "\n"), len(got), want, r.out)
	}
	for _, name := range fine {
		v := got[name]
		if v == nil || v["verdict"] == "ERROR" || v["score"] == nil || v["error"] != nil {
			t.Errorf("%s: %v, want an inspection", name, v)
		}
	}
	for _, name := range broken {
		v := got[name]
		if v == nil || v["verdict"] != "ERROR" || v["score"] != nil || v["index"] != nil {
			t.Errorf("%s: %v, want ERROR without a score", name, v)
			continue
		}
		if text, _ := v["error"].(string); len(text) < 20 || !strings.Contains(text, name) {
			t.Errorf("%s: error %q does not name the file and a reason", name, v["error"])
		}
	}
	stored := map[string]history.Record{}
	for _, rec := range records(t, db) {
		stored[rec.Path] = rec
	}
	if len(stored) != len(got) {
		t.Errorf("%d verdicts in the history, want %d", len(stored), len(got))
	}
	for _, v := range got {
		rec := stored[v["path"].(string)]
		if string(rec.Verdict) != v["verdict"] || float64(rec.ID) != v["id"] {
			t.Errorf("%s is %v in the line, %s in the history", v["name"], v["verdict"], rec.Verdict)
		}
	}
	if !strings.Contains(r.err, "README.txt") {
		t.Errorf("nothing says that README.txt was passed over:\n%s", r.err)
	}
}

// The table for people has a row per picture as well, and a last line that
// counts.
func TestTableCountsEveryPicture(t *testing.T) {
	dir, fine, broken := hostile(t)
	r := done(t, "inspect", "--recipe", recipe(), "--db", filepath.Join(t.TempDir(), "h.db"), dir)
	for _, name := range slices.Concat(fine, broken) {
		if strings.Count(r.out, name) != 1 {
			t.Errorf("%s is in the table %d times:\n%s", name, strings.Count(r.out, name), r.out)
		}
	}
	rows := strings.Split(strings.TrimSpace(r.out), "\n")
	if last := rows[len(rows)-1]; !strings.HasPrefix(last, "9 pictures: ") || !strings.Contains(last, "5 ERROR") {
		t.Errorf("last line %q", last)
	}
	if strings.ContainsAny(r.out+r.err, "\x1b\r") {
		t.Error("control characters outside a terminal")
	}
	for _, row := range rows {
		if strings.Contains(row, "ERROR") && strings.Contains(row, dir) {
			t.Errorf("the row repeats the path: %s", row)
		}
	}
}

// A folder in which nothing can be read is still accounted for.
func TestFolderOfBrokenPicturesIsInspected(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.gif"), []byte("GIF89a"))
	write(t, filepath.Join(dir, "notes.txt"), []byte("x"))
	r := done(t, "inspect", "--recipe", recipe(), "--db", filepath.Join(t.TempDir(), "h.db"), "--json", dir)
	if v := lines(t, r.out); len(v) != 1 || v[0]["verdict"] != "ERROR" {
		t.Errorf("%s", r.out)
	}
}

// Layouts leave out what is not fit for training; an inspection takes every
// part, and never a mask.
func TestLayoutsAreInspectedWhole(t *testing.T) {
	stray, _ := synthec.Part(synthec.Options{Size: side}, 1, "")
	dir := t.TempDir()
	for _, sub := range []string{"good", "scratch"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
		writePNG(t, filepath.Join(dir, sub, "1.png"), stray)
	}
	writePNG(t, filepath.Join(dir, "stray.png"), stray)
	for root, want := range map[string]int{parts(): 12 + 3 + 6, dir: 3, filepath.Join(parts(), "test"): 9} {
		s, err := choose([]string{root})
		if err != nil {
			t.Fatal(err)
		}
		if len(s.items) != want {
			t.Errorf("%s: %d pictures, want %d", filepath.Base(root), len(s.items), want)
		}
		for _, it := range s.items {
			if strings.Contains(it.Path, "mask") {
				t.Errorf("%s is a mask", it.Path)
			}
		}
	}
	s, err := choose([]string{filepath.Join(dir, "stray.png"), dir})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.items) != 4 || s.items[0].Name != "stray.png" || s.items[1].Name != filepath.Base(dir)+"/good/1.png" {
		t.Errorf("items %v", s.items)
	}
}

// What is printed is what the session's judge says, also when it is asked
// again through the way of the window's sliders.
func TestCommandLineAndWindowAgree(t *testing.T) {
	db := filepath.Join(t.TempDir(), "h.db")
	inspect := []string{"inspect", "--recipe", recipe(), "--db", db, "--json", filepath.Join(parts(), "test")}
	var scores []float64
	for _, v := range lines(t, done(t, inspect...).out) {
		scores = append(scores, v["score"].(float64))
	}
	slices.Sort(scores) // thresholds amid them, so that every verdict occurs
	n := len(scores)
	review, reject, low, high := scores[n/3], scores[2*n/3], .9*scores[n-1], 1.2*scores[n-1]
	text := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	r := done(t, append(inspect, "--mode", "hysteresis", "--low", text(low), "--high", text(high), "--review", text(review), "--reject", text(reject))...)
	env := testEnv()
	e, err := env.Engines[0].Open(0)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s := session.New(session.Options{Engine: e})
	defer s.Close()
	if _, err := s.OpenRecipe(recipe()); err != nil {
		t.Fatal(err)
	}
	th := s.Thresholds()
	th.Mode, th.Low, th.High, th.Review, th.Reject = segment.Hysteresis, low, high, review, reject
	var seg segment.Segmenter
	seen := map[string]bool{}
	for _, v := range lines(t, r.out) {
		path := v["path"].(string)
		res, err := s.InspectOne(context.Background(), history.Run{}, datasets.Item{Path: path, Name: "x.png"})
		if err != nil {
			t.Fatal(err)
		}
		s.Rejudge(&seg, res, th)
		if v["verdict"] != string(res.Verdict) || len(v["regions"].([]any)) != len(res.Regions) || math.Abs(v["index"].(float64)-res.Index) > 1e-3 {
			t.Errorf("%s: %v, %d regions, index %v; the window says %s, %d, %g", path, v["verdict"], len(v["regions"].([]any)), v["index"], res.Verdict, len(res.Regions), res.Index)
		}
		if math.Abs(v["reject"].(float64)-reject) > 1e-4 || v["mode"] != "hysteresis" {
			t.Errorf("thresholds of %s: %v", path, v)
		}
		seen[string(res.Verdict)] = true
	}
	if len(seen) != 3 {
		t.Errorf("only verdicts %v: the comparison shows little", seen)
	}
}

// stopAt cancels after so many lines.
type stopAt struct {
	bytes.Buffer
	left int
	stop context.CancelFunc
}

func (w *stopAt) Write(b []byte) (int, error) {
	if w.left--; w.left == 0 {
		w.stop()
	}
	return w.Buffer.Write(b)
}

// Ctrl-C ends an inspection with a sentence; what was printed is kept.
func TestStoppedInspectionKeepsItsVerdicts(t *testing.T) {
	db := filepath.Join(t.TempDir(), "h.db")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w := &stopAt{left: 4, stop: cancel}
	env := testEnv()
	env.Stdout = w
	r := runIn(t, ctx, env, "inspect", "--recipe", recipe(), "--db", db, "--json", flat(t, 40))
	if r.status != Failed || !strings.Contains(r.err, "stopped: ") || !strings.Contains(r.err, "of 40 pictures inspected") {
		t.Errorf("exit status %d, %q", r.status, r.err)
	}
	printed, kept := lines(t, w.String()), records(t, db)
	if len(printed) < 4 || len(printed) >= 40 || len(kept) != len(printed) {
		t.Errorf("%d printed, %d kept", len(printed), len(kept))
	}
	s, err := history.OpenReadOnly(db)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	run, err := s.Run(context.Background(), kept[0].Run)
	if err != nil || run.Status != history.Cancelled {
		t.Errorf("run %s, %v", run.Status, err)
	}
}

// fullDisk refuses everything after the first line.
type fullDisk struct{ left int }

func (w *fullDisk) Write(b []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(b), nil
}

// An output that nobody takes any more ends the run: going on would inspect
// for nobody.
func TestBrokenOutputEndsTheInspection(t *testing.T) {
	env := testEnv()
	env.Stdout = &fullDisk{left: 1}
	db := filepath.Join(t.TempDir(), "h.db")
	r := runIn(t, context.Background(), env, "inspect", "--recipe", recipe(), "--db", db, "--json", flat(t, 30))
	if r.status != Failed || !strings.Contains(r.err, "write output") {
		t.Errorf("exit status %d, %q", r.status, r.err)
	}
	if n := len(records(t, db)); n < 2 || n >= 30 {
		t.Errorf("%d verdicts kept", n)
	}
}

// The files of --out can be read back, hold what was printed, and have names
// of their own.
func TestOutHoldsMapsMasksAndPanes(t *testing.T) {
	out := filepath.Join(t.TempDir(), "seen")
	r := done(t, "inspect", "--recipe", recipe(), "--db", filepath.Join(t.TempDir(), "h.db"), "--out", out, "--json",
		"--high", "0.5", "--low", "0.3", filepath.Join(parts(), "test"))
	for _, v := range lines(t, r.out) {
		name := strings.TrimSuffix(v["name"].(string), ".png")
		if strings.HasSuffix(name, "000") { // every type has one of these
			name = strings.ReplaceAll(name, "/", "_")
		}
		base := filepath.Join(out, filepath.Base(name))
		w, h, pix := readFloatTIFF(t, base+"_map.tiff")
		if w != side || h != side {
			t.Fatalf("map of %d x %d", w, h)
		}
		slices.Sort(pix)
		// The score is the mean of the highest 0.2 % of the map: 8 of 64 x 64 pixels.
		sum := 0.0
		for _, x := range pix[len(pix)-side*side/500:] {
			sum += float64(x)
		}
		if score := v["score"].(float64); math.Abs(sum/8-score) > 1e-4*math.Abs(score) {
			t.Errorf("%s: the map's top is %g, the score %g", base, sum/8, score)
		}
		mask := readPNG(t, base+"_mask.png").(*image.Gray)
		set := 0
		for _, p := range mask.Pix {
			if p != 0 && p != 255 {
				t.Fatalf("mask value %d", p)
			}
			if p == 255 {
				set++
			}
		}
		area := 0.0
		for _, g := range v["regions"].([]any) {
			area += g.(map[string]any)["area"].(float64)
		}
		if float64(set) != area { // pictures have the size of the map here
			t.Errorf("%s: mask of %d pixels, regions of %g", base, set, area)
		}
		if b := readPNG(t, base+"_recon.png").Bounds(); b.Dx() != side || b.Dy() != side {
			t.Errorf("reconstruction of %v", b)
		}
		if b := readPNG(t, base+"_panes.png").Bounds(); b.Dx() < 4*420 || b.Dy() < 420 {
			t.Errorf("panes of %v", b)
		}
	}
	if files, _ := os.ReadDir(out); len(files) != 4*9 {
		t.Errorf("%d files, want 4 for each of 9 pictures", len(files))
	}
}

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// readFloatTIFF reads what other programs would, by the specification and not
// by how the writer does it.
func readFloatTIFF(t *testing.T, path string) (w, h int, pix []float32) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	if string(b[:4]) != "II*\x00" {
		t.Fatalf("header %q", b[:4])
	}
	dir := b[le.Uint32(b[4:]):]
	tags, last := map[uint16]uint32{}, uint16(0)
	for i := range int(le.Uint16(dir)) {
		e := dir[2+12*i:]
		tag := le.Uint16(e)
		if tag <= last {
			t.Fatal("tags are not in order")
		}
		last = tag
		if le.Uint16(e[2:]) == 3 {
			tags[tag] = uint32(le.Uint16(e[8:]))
		} else {
			tags[tag] = le.Uint32(e[8:])
		}
	}
	w, h = int(tags[256]), int(tags[257])
	if tags[258] != 32 || tags[339] != 3 || tags[259] != 1 || tags[277] != 1 || int(tags[279]) != 4*w*h {
		t.Fatalf("tags %v", tags)
	}
	for i := range w * h {
		pix = append(pix, math.Float32frombits(le.Uint32(b[int(tags[273])+4*i:])))
	}
	return w, h, pix
}

// Writing into the inspected folder would make parts of the results.
func TestOutIntoTheInspectedFolderIsRefused(t *testing.T) {
	dir := flat(t, 2)
	r := run(t, "inspect", "--recipe", recipe(), "--db", filepath.Join(t.TempDir(), "h.db"), "--out", dir, dir)
	if r.status != Usage || !strings.Contains(r.err, "--out") {
		t.Errorf("exit status %d, %q", r.status, r.err)
	}
}
