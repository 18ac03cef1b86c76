package handover

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"agurscope/history"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// store makes a history with one run whose records carry words everywhere.
func store(tb testing.TB, n int, words string) (*history.Store, int64) {
	tb.Helper()
	s, err := history.Open(filepath.Join(tb.TempDir(), "h.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	s.Now = func() time.Time { return noon }
	ctx := context.Background()
	run, err := s.StartRun(ctx, history.Run{Source: "parts " + words, Recipe: words, RecipeVersion: "2026", Operator: words, Engine: "onednn", Program: "1.0", Low: 1, High: 2, Review: 0.5, Reject: 0.8, Note: words})
	if err != nil {
		tb.Fatal(err)
	}
	fill(tb, s, run.ID, n, words)
	return s, run.ID
}

func fill(tb testing.TB, s *history.Store, run int64, n int, words string) {
	tb.Helper()
	ctx := context.Background()
	var small bytes.Buffer
	if err := jpeg.Encode(&small, image.NewGray(image.Rect(0, 0, 48, 32)), nil); err != nil {
		tb.Fatal(err)
	}
	var all []*history.Record
	for i := range n {
		r := &history.Record{
			Run: run, Seq: uint64(i), Path: "/p/" + words, Name: words, Part: words, Type: words, Verdict: history.OK, Score: float64(i%13) / 10, Review: 0.5, Reject: 0.8, Index: 10,
			Recipe: words, Time: noon.Add(time.Duration(i) * time.Minute), Thumbnail: append(bytes.Clone(small.Bytes()), byte(i)), Operator: words,
		}
		switch {
		case i%11 == 5:
			r.Verdict, r.Error, r.Thumbnail = history.ERROR, words, nil
		case r.Score >= 0.8:
			r.Verdict = history.NG
			r.Regions = []history.Region{{X: 1, Y: 2, W: 3, H: 4, Area: 10 * i, Peak: 3, Mean: 2, Polarity: "dark"}}
		case r.Score >= 0.5:
			r.Verdict = history.REVIEW
		}
		if i%4 == 0 {
			r.Image, r.Maps = fmt.Appendf(nil, "full %d", i), []byte("maps")
		}
		all = append(all, r)
	}
	if err := s.Add(ctx, all...); err != nil {
		tb.Fatal(err)
	}
	if err := s.Override(ctx, all[n-1].ID, history.OK, "anna"+words, words); err != nil {
		tb.Fatal(err)
	}
	if err := s.Change(ctx, history.Change{Setting: "thresholds", Before: words, After: "b", Operator: words}); err != nil {
		tb.Fatal(err)
	}
}

func write(tb testing.TB, fn func(context.Context, io.Writer) error) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := fn(context.Background(), &b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// hostile are texts that a spreadsheet might run, or a file might break on.
var hostile = []string{
	"=1+1", "=HYPERLINK(\"http://x\",\"y\")", "@SUM(A1)", "+1", "-1+cmd|' /C calc'!A0", "\t=1", "\r=1", ";=1", "＝1", " =1", "\x00=1",
	"a\x01b\x1f", "<t>&amp;</t>]]>", "\xff\xfe", "{pages}", "𝔘nicode 漢字", strings.Repeat("long ", 9000), "../../x", `..\..\x`, "\ufffe", "\u202e", "",
}

func TestWorkbookHoldsTextAsText(t *testing.T) {
	for _, words := range hostile {
		s, _ := store(t, 14, words)
		data := write(t, Source{Store: s, Made: noon}.XLSX)
		f, err := excelize.OpenReader(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		rows, err := f.GetRows("Verdicts")
		if err != nil || len(rows) != 15 {
			t.Fatalf("%q: %d rows, %v", words, len(rows), err)
		}
		for col := range columns {
			name, err := excelize.CoordinatesToCellName(col+1, 3)
			if err != nil {
				t.Fatal(err)
			}
			if formula, err := f.GetCellFormula("Verdicts", name); err != nil || formula != "" {
				t.Errorf("%q: %s is the formula %q, %v", words, name, formula, err)
			}
		}
		raw := unzip(t, data)["xl/worksheets/sheet1.xml"]
		if strings.Contains(raw, "<f>") || strings.Contains(raw, "<f ") || !utf8.ValidString(raw) {
			t.Errorf("%q: the sheet holds a formula", words)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	s, _ := store(t, 14, "plain name")
	f, err := excelize.OpenReader(bytes.NewReader(write(t, Source{Store: s, Made: noon}.XLSX)))
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]string{"A2": "1", "E2": "plain name", "F7": "ERROR", "J7": "", "F10": "NG", "J10": "0.8", "R10": "80", "G15": "OK", "C2": "2026-03-01 12:00:00.000"} {
		if got, err := f.GetCellValue("Verdicts", cell); err != nil || got != want {
			t.Errorf("%s is %q, want %q, %v", cell, got, want, err)
		}
	}
	if kind, err := f.GetCellType("Verdicts", "J10"); err != nil || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
		t.Errorf("a score is of type %v, %v", kind, err)
	}
}

func unzip(t *testing.T, data []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(b)
	}
	return out
}

func TestJSONIsOneDocument(t *testing.T) {
	for _, words := range hostile {
		s, run := store(t, 14, words)
		var doc struct {
			Head     string
			Verdicts []map[string]any
		}
		if err := json.Unmarshal(write(t, Source{Store: s, Filter: history.Filter{Run: run, Verdict: []history.Verdict{history.NG}}}.JSON), &doc); err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		head, err := s.Head(context.Background())
		if err != nil || doc.Head != head.String() || len(doc.Verdicts) == 0 || doc.Verdicts[0]["verdict"] != "NG" {
			t.Errorf("%q: %+v, %v", words, doc, err)
		}
	}
	s, _ := store(t, 14, "x")
	var doc map[string]any
	if err := json.Unmarshal(write(t, Source{Store: s, Filter: history.Filter{Run: 99}}.JSON), &doc); err != nil || len(doc["verdicts"].([]any)) != 0 {
		t.Errorf("of nothing: %v, %v", doc, err)
	}
}

// Nothing in a bundle leads out of the folder into which it is unpacked.
func TestBundleHoldsEveryPictureUnderAHarmlessName(t *testing.T) {
	for _, words := range hostile {
		s, _ := store(t, 14, words)
		files := unzip(t, write(t, Source{Store: s, Made: noon}.Bundle))
		if len(files) != 3+13+4+4 {
			t.Errorf("%q: %d files", words, len(files))
		}
		for name := range files {
			if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") != "" || strings.Contains(name, "..") || strings.HasPrefix(name, "/") {
				t.Errorf("%q: a file is called %q", words, name)
			}
		}
		var m struct{ SHA256 map[string]string }
		if err := json.Unmarshal([]byte(files["manifest.json"]), &m); err != nil || len(m.SHA256) != len(files)-1 {
			t.Errorf("%q: manifest %v, %v", words, m, err)
		}
		if rows, err := csv.NewReader(strings.NewReader(files["verdicts.csv"])).ReadAll(); err != nil || len(rows) != 15 {
			t.Errorf("%q: %d rows, %v", words, len(rows), err)
		}
	}
}

func TestReportHoldsWhateverARunWas(t *testing.T) {
	panes := func(ctx context.Context, r history.Record) (image.Image, error) {
		if r.ImageSHA256 == "" {
			return nil, errors.New("not kept")
		}
		m := image.NewRGBA(image.Rect(0, 0, 400, 130))
		m.Set(3, 3, color.White)
		return m, nil
	}
	for _, words := range hostile {
		s, run := store(t, 14, words)
		a := write(t, func(ctx context.Context, w io.Writer) error {
			return Source{Store: s, Made: noon}.PDF(ctx, w, Report{Run: run, Panes: panes})
		})
		b := write(t, func(ctx context.Context, w io.Writer) error {
			return Source{Store: s, Made: noon}.PDF(ctx, w, Report{Run: run, Panes: panes})
		})
		if !bytes.HasPrefix(a, []byte("%PDF-")) || !bytes.Contains(a, []byte("%%EOF")) || len(a) < 10_000 || !bytes.Equal(a, b) {
			t.Errorf("%q: %d bytes, equal twice: %v", clip(words, 20), len(a), bytes.Equal(a, b))
		}
	}
	s, _ := store(t, 14, "x")
	empty, err := s.StartRun(context.Background(), history.Run{})
	if err != nil {
		t.Fatal(err)
	}
	write(t, func(ctx context.Context, w io.Writer) error {
		return Source{Store: s}.PDF(ctx, w, Report{Run: empty.ID})
	})
	err = Source{Store: s}.PDF(context.Background(), io.Discard, Report{Run: 99})
	if !errors.Is(err, history.ErrNotFound) {
		t.Errorf("a run that is not there: %v", err)
	}
}

func FuzzExports(f *testing.F) {
	for _, words := range hostile {
		f.Add(words, 0.5)
	}
	s, _ := store(f, 1, "seed")
	ctx := context.Background()
	f.Fuzz(func(t *testing.T, words string, score float64) {
		run, err := s.StartRun(ctx, history.Run{Source: words, Recipe: words, Mode: words, Note: words, Reject: score, Review: score})
		if err != nil {
			t.Skip()
		}
		r := &history.Record{Run: run.ID, Path: words, Name: words, Part: words, Verdict: history.NG, Score: score, Regions: []history.Region{{Area: 3, Polarity: words}}}
		if err := s.Add(ctx, r); err != nil {
			t.Skip()
		}
		src := Source{Store: s, Filter: history.Filter{Run: run.ID}, Made: noon}
		raw := unzip(t, write(t, src.XLSX))["xl/worksheets/sheet1.xml"]
		if strings.Contains(raw, "<f>") || !utf8.ValidString(raw) {
			t.Error("a formula, or no text")
		}
		if !json.Valid(write(t, src.JSON)) {
			t.Error("no JSON")
		}
		if n := len(unzip(t, write(t, src.Bundle))); n != 3 {
			t.Errorf("%d files", n)
		}
		write(t, func(ctx context.Context, w io.Writer) error { return src.PDF(ctx, w, Report{Run: run.ID}) })
	})
}
