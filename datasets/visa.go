package datasets

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// visaRow is one line of the split table of VisA.
type visaRow struct {
	object string
	train  bool
	normal bool
	image  string // relative to the set's root, slash separated
	mask   string // likewise; "" when there is none
}

// visaTable is a split table with the folder its paths are relative to.
type visaTable struct {
	root string
	rows []visaRow
}

const (
	maxCSVBytes = 64 << 20
	maxCSVRows  = 2_000_000
)

var errNoVisA = errors.New("it has no columns object, split, label, image, mask")

// visa reads the layout of VisA (Zou et al., ECCV 2022): a CSV file says which
// picture belongs where. An object's own folder finds the table beside it.
func (r *reading) visa() (bool, error) {
	root := r.here
	table, err := findVisA(root)
	if err != nil {
		return false, err
	}
	if table == nil {
		if _, ok := root.dir("data"); !ok { // not the folder of an object either
			return false, nil
		}
		parent, err := list(filepath.Dir(r.root))
		if err != nil {
			return false, nil
		}
		if table, err = findVisA(parent); err != nil || table == nil {
			return false, nil
		}
		r.pick = filepath.Base(r.root)
		r.root = table.root
	}
	object, err := r.object(table)
	if err != nil {
		return false, err
	}
	types := visaTypes(filepath.Join(table.root, object, "image_anno.csv"))
	for _, row := range table.rows {
		if row.object == object {
			r.addVisA(table.root, row, types)
		}
	}
	return true, nil
}

// object chooses the object: the one asked for, or the only one.
func (r *reading) object(t *visaTable) (string, error) {
	seen := map[string]bool{}
	for _, row := range t.rows {
		seen[row.object] = true
	}
	objects := slices.SortedFunc(maps.Keys(seen), CompareNatural)
	for _, o := range objects {
		if strings.EqualFold(o, r.pick) || (r.pick == "" && len(objects) == 1) {
			return o, nil
		}
	}
	c := &ChoiceError{Root: r.root, What: "objects"}
	for _, o := range objects {
		c.Choices = append(c.Choices, Choice{o, r.root + "#" + o})
	}
	return "", c
}

func (r *reading) addVisA(root string, row visaRow, types map[string]string) {
	if !filepath.IsLocal(filepath.FromSlash(row.image)) {
		r.left = append(r.left, LeftOut{row.image, "it lies outside the set"})
		return
	}
	path := filepath.Join(root, filepath.FromSlash(row.image))
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		r.leave(path, "the table names it but it is not there")
		return
	}
	it := Item{Path: path, Type: Good, Label: Normal, Split: Test}
	if row.train {
		it.Split = Train
	}
	if !row.normal {
		it.Label, it.Type = Anomalous, "anomaly"
		if t := types[row.image]; t != "" {
			it.Type = t
		}
		it.MaskPath = r.visaMask(root, row.mask)
	}
	if it.Split == Train && it.Label == Anomalous {
		r.leave(path, "it is defective, and training learns from good parts only")
		return
	}
	r.add(it)
}

func (r *reading) visaMask(root, mask string) string {
	if mask == "" {
		return ""
	}
	path := filepath.Join(root, filepath.FromSlash(mask))
	if !filepath.IsLocal(filepath.FromSlash(mask)) {
		r.left = append(r.left, LeftOut{mask, "it lies outside the set"})
		return ""
	}
	if _, err := os.Stat(path); err != nil {
		r.leave(path, "the table names this mask but it is not there")
		return ""
	}
	return path
}

// findVisA returns the split table of a folder, nil if there is none:
// split_csv/1cls.csv, another table there, or one in the folder itself.
func findVisA(f folder) (*visaTable, error) {
	var candidates []string
	if dir, ok := f.dir("splitcsv"); ok {
		in, err := list(dir)
		if err != nil {
			return nil, err
		}
		candidates = csvFiles(in)
		slices.SortStableFunc(candidates, func(a, b string) int { return oneClassFirst(a) - oneClassFirst(b) })
	}
	candidates = append(candidates, csvFiles(f)...)
	for _, path := range candidates {
		rows, err := readVisA(path)
		if errors.Is(err, errNoVisA) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read table %s: %w", path, err)
		}
		if len(rows) > 0 {
			return &visaTable{f.path, rows}, nil
		}
	}
	return nil, nil
}

func oneClassFirst(path string) int {
	if strings.EqualFold(filepath.Base(path), "1cls.csv") {
		return 0
	}
	return 1
}

func csvFiles(f folder) []string {
	var out []string
	for _, name := range f.files {
		if strings.EqualFold(filepath.Ext(name), ".csv") {
			out = append(out, filepath.Join(f.path, name))
		}
	}
	return out
}

func readVisA(path string) ([]visaRow, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseVisA(f)
}

// parseVisA reads a split table. Columns go by their names in any order; rows
// with too few fields or no picture are passed over.
func parseVisA(r io.Reader) ([]visaRow, error) {
	c := csv.NewReader(io.LimitReader(r, maxCSVBytes))
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord, c.TrimLeadingSpace = -1, true, true, true
	col, err := columns(c, "object", "split", "label", "image", "mask")
	if err != nil {
		return nil, errNoVisA
	}
	var rows []visaRow
	for len(rows) < maxCSVRows {
		rec, err := c.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		at := func(name string) string {
			if i := col[name]; i < len(rec) {
				return strings.TrimSpace(rec[i])
			}
			return ""
		}
		row := visaRow{
			object: at("object"),
			train:  strings.EqualFold(at("split"), "train"),
			normal: strings.EqualFold(at("label"), "normal"),
			image:  slashed(at("image")),
			mask:   slashed(at("mask")),
		}
		if row.object != "" && row.image != "" && filepath.IsLocal(row.object) {
			rows = append(rows, row)
		}
	}
	return nil, fmt.Errorf("it has more than %d rows", maxCSVRows)
}

// columns reads the head of a table and finds the named columns.
func columns(c *csv.Reader, names ...string) (map[string]int, error) {
	head, err := c.Read()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, h := range head {
		at[strings.ToLower(strings.Trim(h, " \ufeff"))] = i
	}
	for _, n := range names {
		if _, ok := at[n]; !ok {
			return nil, fmt.Errorf("no column %s", n)
		}
	}
	return at, nil
}

func slashed(p string) string { return strings.ReplaceAll(p, `\`, "/") }

// visaTypes reads the defect types of an object's own table, which names them
// by picture, several divided by commas; without the table there are none.
func visaTypes(path string) map[string]string {
	f, err := openRegular(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	c := csv.NewReader(io.LimitReader(f, maxCSVBytes))
	c.FieldsPerRecord, c.LazyQuotes = -1, true
	col, err := columns(c, "image", "label")
	if err != nil {
		return nil
	}
	types := map[string]string{}
	for len(types) < maxCSVRows {
		rec, err := c.Read()
		if err != nil {
			break
		}
		if max(col["image"], col["label"]) < len(rec) {
			first, _, _ := strings.Cut(rec[col["label"]], ",")
			types[slashed(rec[col["image"]])] = strings.TrimSpace(first)
		}
	}
	return types
}
