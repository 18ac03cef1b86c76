package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "agurscope"

// rule says what a package may import.
type rule struct {
	ours  []string // packages of this module, relative to it
	tests []string // what its tests may import besides
	fyne  bool     // whether it may draw
}

// rules is the table of ARCHITECTURE.md: who may import whom. A package that
// is missing here does not exist: new ones are entered on purpose.
var rules = map[string]rule{
	".": {
		ours: []string{"assets", "cuda", "nn", "nn/onednn", "nn/gorgonia", "nn/anomaly", "nn/segment", "datasets", "datasets/synthec", "history", "themes", "viewer", "ui", "ui/alarm", "ui/cli", "ui/session", "assets/words", "ui/station"},
		fyne: true,
	},

	// Engines and method know nothing of the rest.
	"nn":                {tests: []string{"nn/internal/naive"}},
	"nn/internal/naive": {ours: []string{"nn"}},
	"nn/nntest":         {ours: []string{"nn", "nn/internal/naive"}},
	"nn/onednn":         {ours: []string{"nn", "nn/plan", "nn/thread"}, tests: []string{"nn/nntest", "nn/gorgonia", "nn/internal/naive"}},
	"nn/gorgonia":       {ours: []string{"nn"}, tests: []string{"nn/nntest", "nn/internal/naive"}},
	"nn/plan":           {ours: []string{"nn"}},
	"nn/thread":         {},
	"nn/fallback":       {ours: []string{"nn"}, tests: []string{"nn/gorgonia", "nn/nntest"}},
	"cuda":              {ours: []string{"nn", "nn/plan", "nn/thread", "cuda/kernels"}, tests: []string{"nn/nntest", "nn/onednn", "nn/gorgonia", "nn/anomaly", "nn/fallback"}},
	"cuda/kernels":      {},
	"nn/block":          {ours: []string{"nn"}},
	"nn/defect":         {ours: []string{"nn"}},
	"nn/feature":        {ours: []string{"nn", "nn/internal/simd"}},
	"nn/fixture":        {ours: []string{"nn", "nn/internal/simd"}, tests: []string{"datasets/synthec"}},
	"nn/ssdae":          {ours: []string{"nn", "nn/block", "nn/optim"}, tests: []string{"nn/onednn", "nn/gorgonia", "nn/nntest", "datasets/synthec"}},
	"nn/onnx":           {ours: []string{"nn"}, tests: []string{"nn/internal/naive", "nn/onnx/onnxtest"}},
	"nn/onnx/onnxtest":  {ours: []string{"nn/onnx"}},
	"nn/onnx/peers":     {ours: []string{"nn", "nn/anomaly", "nn/metrics", "nn/onednn"}},
	"nn/mgan":           {ours: []string{"nn", "nn/block", "nn/onnx", "nn/optim"}, tests: []string{"nn/onednn", "nn/gorgonia", "nn/nntest"}},
	"nn/rival":          {ours: []string{"nn", "nn/optim"}},
	"nn/rival/scan":     {ours: []string{"nn", "nn/rival"}},
	"nn/rival/lstm":     {ours: []string{"nn"}, tests: []string{"nn/gorgonia", "nn/internal/naive", "nn/nntest"}},
	"nn/rival/lstmndt":  {ours: []string{"nn", "nn/optim", "nn/rival", "nn/rival/lstm", "nn/rival/scan"}, tests: []string{"nn/gorgonia", "nn/internal/naive", "nn/onednn"}},
	"nn/rival/bilstm":   {ours: []string{"nn", "nn/optim", "nn/rival", "nn/rival/lstm", "nn/rival/scan"}, tests: []string{"nn/gorgonia", "nn/internal/naive", "nn/nntest"}},
	"nn/rival/cflow":    {ours: []string{"nn", "nn/optim", "nn/rival"}, tests: []string{"nn/gorgonia", "nn/internal/naive", "nn/nntest"}},
	"nn/rival/dagan":    {ours: []string{"nn", "nn/defect", "nn/optim", "nn/rival"}, tests: []string{"nn/gorgonia", "nn/internal/naive", "nn/nntest"}},
	"nn/rival/mscdae":   {ours: []string{"nn", "nn/optim", "nn/rival"}, tests: []string{"nn/onednn"}},
	"nn/rival/control":  {ours: []string{"nn", "nn/baseline", "nn/rival"}},
	"nn/baseline":       {ours: []string{"nn", "nn/feature"}, tests: []string{"datasets/synthec", "nn/metrics"}},
	"nn/metrics":        {ours: []string{"nn"}},
	"nn/internal/simd":  {},
	"nn/internal/team":  {},
	"nn/vectors":        {ours: []string{"nn/internal/team"}},
	"nn/cluster":        {ours: []string{"nn/internal/team", "nn/vectors"}},
	"nn/tsne":           {ours: []string{"nn/internal/team", "nn/vectors"}},
	"nn/optim":          {ours: []string{"nn"}},
	"nn/segment":        {ours: []string{"nn"}},
	"nn/anomaly":        {ours: []string{"nn", "nn/block", "nn/defect", "nn/feature", "nn/fixture", "nn/internal/simd", "nn/mgan", "nn/onnx", "nn/ssdae", "nn/optim", "nn/segment", "nn/metrics", "nn/rival", "nn/rival/bilstm", "nn/rival/cflow", "nn/rival/control", "nn/rival/dagan", "nn/rival/lstmndt", "nn/rival/mscdae"}, tests: []string{"nn/onednn", "nn/gorgonia", "nn/nntest", "nn/onnx/onnxtest"}},

	// Pictures in, verdicts out.
	"datasets":         {},
	"datasets/synthec": {ours: []string{"datasets"}},
	"history":          {},
	"history/spc":      {ours: []string{"history"}},
	"history/handover": {ours: []string{"history", "history/spc"}},

	// Cameras: one contract, and a package per kind.
	"datasets/live":          {ours: []string{"datasets"}},
	"datasets/live/livetest": {ours: []string{"datasets", "datasets/live"}},
	"datasets/pixel":         {},
	"datasets/aravis":        {ours: []string{"datasets", "datasets/live", "datasets/pixel"}, tests: []string{"datasets/live/livetest"}},
	"datasets/ffmpeg":        {ours: []string{"datasets", "datasets/live"}, tests: []string{"datasets/live/livetest"}},
	"datasets/rtsp":          {ours: []string{"datasets", "datasets/ffmpeg", "datasets/live"}, tests: []string{"datasets/live/livetest"}},
	"datasets/v4l2":          {ours: []string{"datasets", "datasets/live", "datasets/pixel"}, tests: []string{"datasets/live/livetest"}},
	"datasets/camera": {
		ours:  []string{"datasets", "datasets/aravis", "datasets/ffmpeg", "datasets/live", "datasets/mjpeg", "datasets/replay", "datasets/rtsp", "datasets/v4l2", "datasets/watch"},
		tests: []string{"datasets/live/livetest"},
	},
	"datasets/mjpeg":  {ours: []string{"datasets", "datasets/live"}, tests: []string{"datasets/live/livetest"}},
	"datasets/replay": {ours: []string{"datasets", "datasets/live"}, tests: []string{"datasets/live/livetest"}},
	"datasets/watch":  {ours: []string{"datasets", "datasets/live"}, tests: []string{"datasets/live/livetest"}},

	// What people see.
	"assets":         {},
	"assets/demogen": {ours: []string{"datasets/synthec"}},
	"themes":         {ours: []string{"assets"}, fyne: true},
	"themes/icongen": {},
	"viewer":         {ours: []string{"themes", "assets", "assets/words"}, tests: []string{"viewer/golden"}, fyne: true},
	"ui/widgets":     {ours: []string{"themes", "viewer", "assets/words"}, tests: []string{"viewer/golden"}, fyne: true},
	"assets/words":   {tests: []string{"assets"}},
	"viewer/golden":  {},
	"ui/station":     {ours: []string{"history/spc"}},
	"ui/alarm":       {},
	"ui/phrase":      {ours: []string{"nn/segment", "ui/session", "assets/words"}},
	"ui/desk":        {ours: []string{"history", "history/spc", "themes", "ui/phrase", "ui/session", "ui/widgets", "assets/words", "ui/station"}, tests: []string{"ui/desk/desktest"}, fyne: true},
	"ui/desk/desktest": {
		ours: []string{"datasets", "datasets/synthec", "nn", "nn/anomaly", "nn/onednn", "themes", "ui/desk", "ui/session", "ui/station"},
		fyne: true,
	},
	"ui/compare": {
		ours:  []string{"datasets", "history", "nn/anomaly", "themes", "ui/desk", "ui/phrase", "ui/scene", "ui/session", "ui/thumb", "ui/widgets", "viewer", "assets/words"},
		tests: []string{"datasets/synthec", "ui/desk/desktest"},
		fyne:  true,
	},
	"ui/explain": {
		ours:  []string{"datasets", "history", "nn", "nn/anomaly", "themes", "ui/desk", "ui/phrase", "ui/scene", "ui/session", "ui/widgets", "viewer", "assets/words"},
		tests: []string{"ui/desk/desktest"},
		fyne:  true,
	},
	"ui/calibrate": {
		ours:  []string{"datasets", "history", "nn/segment", "themes", "ui/desk", "ui/phrase", "ui/scene", "ui/session", "ui/station", "ui/thumb", "ui/widgets", "viewer", "assets/words"},
		tests: []string{"nn", "nn/anomaly"},
		fyne:  true,
	},
	"ui/clusters": {ours: []string{"history", "themes", "ui/desk", "ui/phrase", "ui/session", "ui/station", "ui/thumb", "ui/widgets", "assets/words"}, tests: []string{"viewer/golden"}, fyne: true},
	"ui/records": {
		ours:  []string{"history", "history/handover", "history/spc", "nn/segment", "themes", "ui/desk", "ui/phrase", "ui/scene", "ui/session", "ui/station", "ui/sheet", "ui/thumb", "ui/widgets", "viewer", "assets/words"},
		tests: []string{"nn", "nn/anomaly", "ui/desk/desktest"},
		fyne:  true,
	},
	"ui/kiosk": {
		ours:  []string{"datasets/camera", "datasets/live", "history", "nn/anomaly", "themes", "ui/desk", "ui/phrase", "ui/scene", "ui/session", "ui/widgets", "assets/words", "viewer"},
		tests: []string{"ui/desk/desktest", "viewer/golden"},
		fyne:  true,
	},
	"ui/setup": {ours: []string{"history/spc", "themes", "ui/desk", "ui/station", "ui/widgets", "assets/words"}, tests: []string{"ui/desk/desktest", "viewer/golden", "ui/session"}, fyne: true},
	"ui/lab": {
		ours:  []string{"themes", "ui/clusters", "ui/desk", "ui/phrase", "ui/report", "ui/scene", "ui/session", "ui/session/lab", "ui/widgets", "assets/words", "viewer"},
		tests: []string{"ui/desk/desktest"},
		fyne:  true,
	},
	"ui/scene": {ours: []string{"nn", "nn/anomaly", "nn/segment", "ui/session", "viewer", "assets/words"}},
	"ui/thumb": {ours: []string{"datasets", "themes", "ui/desk", "ui/scene", "ui/widgets", "assets/words"}, fyne: true},
	"ui/live": {
		ours: []string{"datasets/camera", "datasets/live", "history", "nn/anomaly", "themes", "viewer", "ui/desk", "ui/phrase", "ui/scene", "ui/session", "ui/widgets", "assets/words"},
		fyne: true,
	},
	"ui": {
		ours:  []string{"ui/alarm", "assets", "datasets", "history", "nn", "nn/anomaly", "nn/segment", "themes", "viewer", "ui/calibrate", "ui/clusters", "ui/compare", "ui/desk", "ui/explain", "ui/line", "ui/phrase", "ui/records", "ui/scene", "ui/session", "ui/thumb", "ui/widgets", "datasets/camera", "ui/live", "assets/words", "ui/station", "ui/setup", "ui/kiosk", "ui/lab"},
		tests: []string{"datasets/synthec", "nn/onednn"},
		fyne:  true,
	},

	// The program without a window; no engine is known here.
	"ui/session": {
		ours:  []string{"datasets", "datasets/live", "datasets/synthec", "history", "nn", "nn/anomaly", "nn/baseline", "nn/cluster", "nn/defect", "nn/feature", "nn/fixture", "nn/metrics", "nn/segment", "nn/tsne", "nn/vectors", "ui/line", "ui/report", "ui/session/ledger", "assets/words", "ui/station"},
		tests: []string{"cuda", "nn/onednn"},
	},
	"ui/session/lab": {
		ours:  []string{"datasets", "datasets/synthec", "history", "nn", "nn/anomaly", "nn/cluster", "nn/metrics", "nn/tsne", "nn/vectors", "ui/report", "ui/session", "ui/session/ledger", "assets/words"},
		tests: []string{"nn/onednn"},
	},
	"ui/session/ledger": {},
	"ui/line":           {ours: []string{"history"}, tests: []string{"datasets/live/livetest"}},
	"ui/report":         {},
	"ui/sheet":          {ours: []string{"history", "nn/anomaly", "nn/segment", "ui/phrase", "ui/session", "viewer"}},
	"ui/cli": {
		ours:  []string{"datasets", "datasets/synthec", "history", "history/handover", "history/spc", "nn", "nn/anomaly", "nn/fallback", "nn/onnx", "nn/segment", "viewer", "ui/line", "ui/session", "ui/session/lab", "ui/sheet", "datasets/camera", "datasets/live", "assets/words", "ui/station"},
		tests: []string{"nn/onednn", "nn/onnx/onnxtest", "datasets/aravis", "datasets/live/livetest"},
	},
}

// owners says which packages may import a library; tests are free to.
var owners = map[string][]string{
	"C":                                 {"cuda", "datasets/aravis", "nn/internal/simd", "nn/onednn"},
	"github.com/mattn/go-sqlite3":       {"history"},
	"github.com/spf13/cobra":            {"ui/cli"},
	"gorgonia.org/gorgonia":             {"nn/gorgonia"},
	"gorgonia.org/cu":                   {"cuda"},
	"google.golang.org/protobuf":        {"nn/onnx", "nn/onnx/onnxtest"},
	"fyne.io/fyne/v2/app":               {"."},
	"gonum.org/v1/plot":                 {"ui/report"},
	"github.com/xuri/excelize/v2":       {"history/handover"},
	"codeberg.org/go-pdf/fpdf":          {"history/handover"},
	"database/sql":                      {"history"},
	"net/http":                          {"datasets/mjpeg", "ui/line"},
	"github.com/fsnotify/fsnotify":      {"datasets/watch"},
	"github.com/bluenviron/gortsplib":   {"datasets/rtsp"},
	"github.com/disintegration/imaging": {"datasets", "ui/session", "ui/sheet", "ui/thumb", "viewer"},

	"github.com/eclipse/paho.mqtt.golang": {"ui/line"},
	"github.com/simonvetter/modbus":       {"ui/line"},
}

// edge is one import of one file.
type edge struct {
	file, pkg, to string
	test          bool
}

// edges reads the imports of every Go file of the repository, whatever its
// build tags: files for other systems and engines are held to the rules, too.
func edges(t *testing.T) []edge {
	t.Helper()
	var out []edge
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); p != "." && (strings.HasPrefix(name, ".") || name == "testdata" || p == "out" || p == "bin" || p == "build") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(p) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(p))
		base := edge{file: p, pkg: pkg, test: strings.HasSuffix(p, "_test.go")}
		out = append(out, base) // a file without imports belongs to a package, too
		for _, spec := range f.Imports {
			if base.to, err = strconv.Unquote(spec.Path.Value); err != nil {
				return err
			}
			out = append(out, base)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 100 {
		t.Fatalf("only %d imports found: this test looks in the wrong place", len(out))
	}
	return out
}

// Who may import whom is decided in one table.
func TestPackagesImportOnlyWhatTheTableAllows(t *testing.T) {
	for _, e := range edges(t) {
		if why := forbidden(e); why != "" {
			t.Errorf("%s: %s", e.file, why)
		}
	}
}

// forbidden says why an import must not be.
func forbidden(e edge) string {
	r, known := rules[e.pkg]
	switch {
	case !known:
		return "package " + e.pkg + " is not in the table of imports_test.go"
	case e.to == "":
		return ""
	case strings.HasPrefix(e.to, "fyne.io/fyne/v2") && !r.fyne:
		return e.pkg + " must not draw, but imports " + e.to
	}
	if e.to == module {
		return "nobody imports the program itself"
	}
	if to, ours := strings.CutPrefix(e.to, module+"/"); ours {
		allowed := slices.Contains(r.ours, to) || e.test && (to == e.pkg || slices.Contains(r.tests, to))
		if !allowed {
			return e.pkg + " must not import " + to
		}
		return ""
	}
	for library, by := range owners {
		if (e.to == library || strings.HasPrefix(e.to, library+"/")) && !e.test && !slices.Contains(by, e.pkg) {
			return e.pkg + " must not import " + e.to + ", which belongs to " + strings.Join(by, " and ")
		}
	}
	return ""
}

// A table that allows everything would pass, too: these edges are the ones
// that the house stands on, and must be refused.
func TestTableRefusesWhatMustNotBe(t *testing.T) {
	for _, e := range []edge{
		{pkg: "nn", to: module + "/nn/anomaly"},
		{pkg: "nn/anomaly", to: module + "/datasets"},
		{pkg: "nn/anomaly", to: "fyne.io/fyne/v2"},
		{pkg: "nn/anomaly", to: module + "/nn/onednn"},
		{pkg: "datasets", to: "fyne.io/fyne/v2/widget"},
		{pkg: "datasets", to: module + "/history"},
		{pkg: "history", to: "fyne.io/fyne/v2"},
		{pkg: "history", to: module + "/nn"},
		{pkg: "cuda", to: module + "/nn/anomaly"},
		{pkg: "viewer", to: module + "/nn"},
		{pkg: "viewer", to: module + "/ui/session"},
		{pkg: "ui/session", to: "fyne.io/fyne/v2"},
		{pkg: "ui/session", to: module + "/viewer"},
		{pkg: "ui/session", to: module + "/nn/onednn"},
		{pkg: "ui/cli", to: "fyne.io/fyne/v2/theme"},
		{pkg: "ui", to: "fyne.io/fyne/v2/app"},
		{pkg: "ui", to: module + "/nn/gorgonia"},
		{pkg: "ui", to: module + "/ui/cli"},
		{pkg: "ui/cli", to: "database/sql"},
		{pkg: "util", to: "fmt"},
	} {
		if forbidden(e) == "" {
			t.Errorf("%s may import %s", e.pkg, e.to)
		}
	}
}

// A rule for a package that is gone hides the next one of its name.
func TestTableNamesOnlyPackagesThatExist(t *testing.T) {
	there := map[string]bool{}
	for _, e := range edges(t) {
		there[e.pkg] = true
	}
	for pkg, r := range rules {
		if !there[pkg] {
			t.Errorf("package %s is in the table, but not in the repository", pkg)
		}
		for _, to := range slices.Concat(r.ours, r.tests) {
			if !there[to] {
				t.Errorf("%s may import %s, which does not exist", pkg, to)
			}
		}
	}
}

// Files of the command line and the window belong together in the folders of
// the design; the root holds the program's assembly alone.
func TestRootHoldsOnlyTheAssembly(t *testing.T) {
	want := []string{"imports_test.go", "main.go", "portable_test.go", "window.go"}
	got, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("Go files in the root: %v, want %v", got, want)
	}
}
