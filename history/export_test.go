package history

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

func TestTextCellDisarmsFormulas(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"part-1.png":             "part-1.png",
		"a = b":                  "a = b",
		"=1+1":                   "'=1+1",
		"+49 30":                 "'+49 30",
		"-2":                     "'-2",
		"@SUM(A1)":               "'@SUM(A1)",
		" =1":                    "' =1",
		"\t=1":                   "\t'=1",
		"\r=1":                   "\r'=1",
		"\"=1":                   "'\"=1",
		"\u200b=1":               "'\u200b=1",
		"＝1":                     "'＝1",
		"a;=1":                   "a;'=1",
		"a;b\n -cmd|' /C calc'!": "a;b\n' -cmd|' /C calc'!",
		";;@":                    ";;'@",
		"caf\xe9.png":            "caf\uFFFD.png",
	} {
		if got := textCell(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestExportCSV(t *testing.T) {
	s := mustOpen(t)
	ctx := context.Background()
	run := mustRun(t, s)
	mustAdd(t, s,
		&Record{Run: run.ID, Time: noon, Seq: 7, Path: "/a,\"b\".png", Verdict: NG, Score: -0.25, Index: 50, Reject: math.NaN(),
			Regions: []Region{{Area: 5}, {Area: 9}}, Latency: 1500 * time.Microsecond, Recipe: "=HYPERLINK(\"x\")"},
		&Record{Run: run.ID, Time: noon, Path: "b.png", Verdict: ERROR, Error: "-unreadable"},
	)
	if err := s.Override(ctx, 1, OK, "anna", "+dust"); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := s.ExportCSV(ctx, &out, Filter{}); err != nil {
		t.Fatal(err)
	}
	const want = `id,run,seq,time,path,name,label,type,verdict,score,index,reviewed_verdict,reviewer,reason,reviewed_at,low,high,review,reject,mode,regions,largest_area,latency_ms,error,recipe,recipe_sha256,thumbnail_sha256
1,1,7,2026-03-01T12:00:00.123456Z,"/a,""b"".png","a,""b"".png",,,NG,-0.25,50,OK,anna,'+dust,2026-03-01T12:00:00.123456Z,0,0,0,,,2,9,1.5,,"'=HYPERLINK(""x"")",,
2,1,0,2026-03-01T12:00:00.123456Z,b.png,b.png,,,ERROR,,,,,,,0,0,0,0,,0,0,0,'-unreadable,,,
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	if err := s.ExportCSV(ctx, brokenPipe{}, Filter{}); !errors.Is(err, errPipe) {
		t.Errorf("a broken pipe: %v", err)
	}
	if err := s.ExportCSV(ctx, &out, Filter{Limit: -1}); err == nil {
		t.Error("a bad filter was exported")
	}
}

var errPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

// armed reports whether a spreadsheet that splits at any of these separators
// finds the beginning of a formula in line.
func armed(line string) bool {
	return slices.ContainsFunc(strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }), func(cell string) bool {
		cell = strings.TrimLeft(cell, "\" \u00a0\u200b")
		return cell != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(cell)[0])
	})
}

func FuzzExportCSV(f *testing.F) {
	for _, seed := range []string{"part.png", "=1+1", "a;=b", "x\n@y", "\"=\"", "\r\n-1", "\x00=", "caf\xe9", ",\"+", "'=x", "\u200b+", "a\tb"} {
		f.Add(seed, "dust")
	}
	f.Fuzz(func(t *testing.T, path, reason string) {
		r := Record{ID: 1, Run: 1, Time: noon, Path: path, Name: path, Type: reason, Verdict: NG, Mode: "half-peak", Error: reason, Reason: reason}
		for i, cell := range r.cells() {
			if armed(cell) && !slices.Contains([]string{"score", "low", "high", "review", "reject"}, csvHeader[i]) {
				t.Errorf("%s is armed: %q", csvHeader[i], cell)
			}
		}
		var out bytes.Buffer
		w := csv.NewWriter(&out)
		if err := w.Write(r.cells()); err != nil {
			t.Fatal(err)
		}
		w.Flush()
		if armed(out.String()) {
			t.Errorf("split elsewhere, this is armed: %q", out.String())
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != 1 || len(rows[0]) != len(csvHeader) {
			t.Fatalf("read back as %q, %v", rows, err)
		}
		// Only apostrophes were added; the reader makes one line break of two bytes.
		plain := func(s string) string { return strings.ReplaceAll(strings.ReplaceAll(s, "'", ""), "\r\n", "\n") }
		if got := rows[0][4]; plain(got) != plain(strings.ToValidUTF8(path, "\uFFFD")) {
			t.Errorf("%q came back as %q", path, got)
		}
	})
}

func TestStartsFormulaLooksPastInvisibleCharacters(t *testing.T) {
	for r := range rune(0x10000) {
		invisible := unicode.IsSpace(r) || unicode.IsControl(r)
		if invisible && !startsFormula(string(r)+"=") {
			t.Errorf("%U hides a formula", r)
		}
	}
}

func TestRecordJSONKeepsItsPromise(t *testing.T) {
	r := Record{ID: 1, Run: 2, Time: noon, Path: "a.png", Name: "a.png", Verdict: ERROR, Score: math.NaN(), Index: math.NaN(),
		Low: math.NaN(), Latency: 1500 * time.Microsecond, Error: "unexpected end of file"}
	got, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"id":1,"run":2,"time":"2026-03-01T12:00:00.123456Z","path":"a.png","score":null,"verdict":"ERROR",` +
		`"reviewed_verdict":null,"reviewer":null,"recipe":null,"recipe_sha256":null,"thumbnail_sha256":null,` +
		`"seq":0,"name":"a.png","label":null,"type":null,"index":null,"low":null,"high":0,"review":0,"reject":0,"mode":null,` +
		`"regions":[],"latency_ms":1.5,"error":"unexpected end of file","reason":null,"reviewed_at":null}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	full := sample(2, 6)
	full.ID, full.Reviewed, full.Reviewer, full.Reason, full.ReviewedAt = 9, OK, "anna", "dust", noon.In(time.FixedZone("CET", 3600))
	if err := full.hashThumbnail(); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal([]*Record{full})
	if err != nil {
		t.Fatal(err)
	}
	var back []map[string]any
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"id": 9.0, "run": 2.0, "time": "2026-03-01T12:00:06.123456Z", "path": full.Path, "score": full.Score, "verdict": "OK",
		"reviewed_verdict": "OK", "reviewer": "anna", "recipe": "board.agur", "recipe_sha256": full.RecipeSHA256,
		"thumbnail_sha256": full.ThumbnailSHA256, "reviewed_at": "2026-03-01T12:00:00.123456Z",
	} {
		if back[0][key] != want {
			t.Errorf("%s is %v, want %v", key, back[0][key], want)
		}
	}
	if regions := back[0]["regions"].([]any); len(regions) != 2 || regions[0].(map[string]any)["polarity"] != "dark" {
		t.Errorf("regions are %v", regions)
	}
}
