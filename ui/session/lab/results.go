package lab

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"agurscope/assets/words"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

const resultsFile = "results.json"

// Read returns what runs have left in a folder, in the order of [Experiments];
// nothing for a folder that has none.
func Read(dir string) ([]Page, error) {
	b, err := os.ReadFile(filepath.Join(dir, resultsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var pages []Page
	if err == nil {
		err = json.Unmarshal(b, &pages)
	}
	if err != nil {
		return nil, &session.Problem{Op: "read the results", Err: err, Hint: "Run the experiments again: what was measured is kept."}
	}
	// Names become names of files: only such that a run writes.
	known := Names()
	return slices.DeleteFunc(pages, func(p Page) bool {
		return !slices.Contains(known, p.Name) || slices.ContainsFunc(p.Pictures, func(n string) bool {
			return !strings.HasPrefix(n, p.Name) || n != filepath.Base(n)
		})
	}), nil
}

// remember puts a page among those of the folder.
func (r *run) remember(p Page) error {
	pages, err := Read(r.o.Out)
	if err != nil {
		pages = nil // a damaged list is made anew
	}
	pages = append(slices.DeleteFunc(pages, func(o Page) bool { return o.Name == p.Name }), p)
	names := Names()
	slices.SortFunc(pages, func(a, b Page) int { return slices.Index(names, a.Name) - slices.Index(names, b.Name) })
	b, err := json.MarshalIndent(pages, "", "  ")
	if err != nil {
		return err
	}
	return r.write(resultsFile, append(b, '\n'))
}

// Layout is one panel of Fig. 9: where the defective parts of four products lie.
type Layout struct {
	Method words.Said
	Points []Point
	KNN    float64 // share whose neighbours are of their product
}

// Point is one part of a layout.
type Point struct {
	X, Y  float64
	Class int
}

// Layouts reads the panels of Fig. 9 from a folder of results, and the names of
// the products.
func Layouts(dir string) (all []Layout, classes []string, err error) {
	at := map[string]int{}
	err = eachLine(filepath.Join(dir, "fig9.csv"), func(method, category, metric string, v float64) {
		i, ok := at[method]
		if !ok {
			i = len(all)
			at[method] = i
			all, classes = append(all, Layout{Method: layoutTitle(method)}), strings.Fields(category)
		}
		l := &all[i]
		if metric == "knn5_map" {
			l.KNN = v
		}
		name, number, ok := strings.Cut(metric, "_")
		k, err := strconv.Atoi(number)
		if !ok || err != nil || k < 0 || k > mostPoints {
			return
		}
		for len(l.Points) <= k {
			l.Points = append(l.Points, Point{})
		}
		switch name {
		case "x":
			l.Points[k].X = v
		case "y":
			l.Points[k].Y = v
		case "class":
			l.Points[k].Class = int(v)
		}
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	shelf := newShelf(Options{}, Quick) // nothing of it is read: only its titles are
	for i, name := range classes {
		if k := slices.IndexFunc(shelf.subjects, func(x *Subject) bool { return x.Name == name }); k >= 0 {
			classes[i] = shelf.subjects[k].Title
		}
	}
	return all, classes, err
}

// mostPoints is more than any layout has.
const mostPoints = 100_000

func layoutTitle(method string) words.Said {
	if method == raw {
		return words.Text("pixels").With()
	}
	return words.Plain(titleOf(method))
}

// Pane is one picture of Fig. 10.
type Pane struct {
	Title words.Said
	File  string
	Note  string // how well the method has met the defect; "" for the part and the truth
}

// Panes are the pictures of Fig. 10 of one stage: the part, the truth, and the heat
// map of each method that was measured.
func Panes(dir string, stage int) (out []Pane) {
	notes := galleryNotes(dir, stage)
	add := func(title words.Said, name, note string) {
		path := filepath.Join(dir, galleryDir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			out = append(out, Pane{title, path, note})
		}
	}
	add(words.Text("part").With(), fmt.Sprintf("input-%d.png", stage+1), "")
	add(words.Text("truth").With(), fmt.Sprintf("truth-%d.png", stage+1), "")
	for _, m := range methods {
		add(words.Plain(m.title), fmt.Sprintf("%s-0-%d.png", m.name, stage+1), notes[m.name])
	}
	return out
}

// galleryNotes are the figures of the panes by method, as far as there are any.
func galleryNotes(dir string, stage int) map[string]string {
	loc, iou := map[string]string{}, map[string]string{}
	_ = eachLine(filepath.Join(dir, "fig10.csv"), func(method, _, metric string, v float64) {
		switch metric {
		case fmt.Sprintf("loc_acc_%d", stage+1):
			loc[method] = words.Write("LocAcc %.2f", v)
		case fmt.Sprintf("iou_%d", stage+1):
			iou[method] = words.Write("IoU %.2f", v)
		}
	}) // the panes can be looked at without
	for method, note := range iou {
		loc[method] += " · " + note
	}
	return loc
}

// eachLine reads a table of measurements.
func eachLine(path string, take func(method, category, metric string, v float64)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	wrong := func(err error) error { return fmt.Errorf("read %s: %w", filepath.Base(path), err) }
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return wrong(err)
	}
	for _, rec := range lines[min(1, len(lines)):] {
		if len(rec) < len(ledger.Header)-1 {
			return wrong(errors.New("a line is too short"))
		}
		v, err := strconv.ParseFloat(rec[6], 64)
		if err != nil {
			return wrong(err)
		}
		take(rec[0], rec[2], rec[5], v)
	}
	return nil
}

// Stages are the names of Fig. 10's stages.
func Stages() (out []words.Text) {
	for _, p := range production {
		out = append(out, p.title)
	}
	return out
}
