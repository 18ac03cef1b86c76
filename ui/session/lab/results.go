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

	"agurscope/ui/session"
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
	Method string // for people
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
	f, err := os.Open(filepath.Join(dir, "fig9.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, nil, fmt.Errorf("read fig9.csv: %w", err)
	}
	at := map[string]int{}
	for _, rec := range lines[min(1, len(lines)):] {
		if len(rec) < 7 {
			return nil, nil, errors.New("read fig9.csv: a line is too short")
		}
		i, ok := at[rec[0]]
		if !ok {
			i = len(all)
			at[rec[0]] = i
			title := titleOf(rec[0])
			if rec[0] == raw {
				title = "pixels"
			}
			all, classes = append(all, Layout{Method: title}), strings.Fields(rec[2])
		}
		v, err := strconv.ParseFloat(rec[6], 64)
		if err != nil {
			return nil, nil, fmt.Errorf("read fig9.csv: %w", err)
		}
		l := &all[i]
		if rec[5] == "knn5_map" {
			l.KNN = v
		}
		name, number, ok := strings.Cut(rec[5], "_")
		k, err := strconv.Atoi(number)
		if !ok || err != nil || k < 0 || k > 100_000 {
			continue
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
	}
	return all, classes, nil
}

// Panes are the pictures of Fig. 10 of one stage: the part, the truth, and the
// heat map of each method, by name of the file in the folder.
func Panes(dir string, stage int) (titles, files []string) {
	add := func(title, name string) {
		path := filepath.Join(dir, galleryDir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			titles, files = append(titles, title), append(files, path)
		}
	}
	add("part", fmt.Sprintf("input-%d.png", stage+1))
	add("truth", fmt.Sprintf("truth-%d.png", stage+1))
	for _, m := range methods {
		add(m.title, fmt.Sprintf("%s-0-%d.png", m.name, stage+1))
	}
	return titles, files
}

// Stages are the names of Fig. 10's stages.
func Stages() (out []string) {
	for _, p := range production {
		out = append(out, p.title)
	}
	return out
}
