package lab

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/nn"
	"agurscope/nn/metrics"
	"agurscope/ui/report"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

func galleryTasks(*run) (out []task) {
	for _, m := range methods {
		out = append(out, task{gallery, m.name, stages, 0, ledger.LastTick})
	}
	return out
}

func showFig10(r *run) (res result) {
	g := report.Grid{
		Title: "SynthEC in five stages of production", Rows: []string{"part", "truth"}, Cells: make([][]report.Tile, 2),
		Scale: fmt.Sprintf("0 to %.1f times the threshold of a region, for each method its own", HeatEnd),
	}
	load := func(name string) image.Image {
		f, err := os.Open(filepath.Join(r.o.Out, galleryDir, name))
		if err != nil {
			return nil
		}
		defer f.Close()
		m, err := png.Decode(f)
		if err != nil {
			return nil
		}
		return m
	}
	for i, p := range production {
		g.Columns = append(g.Columns, p.title.English())
		g.Cells[0] = append(g.Cells[0], report.Tile{Image: load(fmt.Sprintf("input-%d.png", i+1)), Note: strings.ReplaceAll(p.defect, "_", " ")})
		g.Cells[1] = append(g.Cells[1], report.Tile{Image: load(fmt.Sprintf("truth-%d.png", i+1))})
	}
	t := table{title: "Localisation accuracy and IoU of the parts shown", header: append([]string{"method"}, g.Columns...)}
	mean := map[string]session.Spread{}
	for _, m := range methods {
		f := r.figures(task{gallery, m.name, stages, 0, ledger.LastTick})
		if f == nil {
			continue
		}
		row, tiles, sum := []string{m.title}, []report.Tile{}, 0.
		for i := range production {
			loc := f[fmt.Sprintf("loc_acc_%d", i+1)]
			note := fmt.Sprintf("%.2f", loc)
			tiles = append(tiles, report.Tile{Image: load(fmt.Sprintf("%s-0-%d.png", m.name, i+1)), Note: "LocAcc " + note})
			row = append(row, fmt.Sprintf("%s (%.2f)", note, f[fmt.Sprintf("iou_%d", i+1)]))
			sum += loc
		}
		g.Rows, g.Cells, t.rows = append(g.Rows, m.title), append(g.Cells, tiles), append(t.rows, row)
		mean[m.name] = session.SpreadOf([]float64{sum / float64(len(production))})
	}
	if len(t.rows) > 0 {
		res.pictures = append(res.pictures, picture{"fig10", words.Said{}, g})
	}
	res.tables = append(res.tables, t)
	res.claims = append(res.claims, shown(words.Text("AGUR-Net localises the five parts best on average.").With(), mean, true, "%.3f"))
	res.notes = append(r.standIns(stages), "One part per stage: an illustration, not a measurement.")
	return res
}

// production are the five stages of Fig. 10, each with a drawn defect that belongs
// there, and which of the test parts with it is shown.
var production = []struct {
	title  words.Text
	defect string
	which  int
}{
	{words.Text("raw material"), "stain", 0}, {words.Text("processing"), "scratch", 0}, {words.Text("surface treatment"), "stain", 1},
	{words.Text("quality inspection"), "missing_pin", 0}, {words.Text("packaging"), "foreign_fibre", 0},
}

// HeatEnd is the end of the scale of all heat maps, in units of the threshold at
// which a region begins.
const HeatEnd = 1.5

// gallery leaves the pictures of Fig. 10 in the folder of the results.
func (r bench) gallery(ctx context.Context, t task, on watcher) (f ledger.Figures, err error) {
	dir := filepath.Join(r.o.Out, galleryDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	f = ledger.Figures{}
	err = r.trained(ctx, t, r.budget.Input, r.budget.Steps, on, func(s *session.Session, set *datasets.Set) error {
		for i, p := range production {
			of := slices.DeleteFunc(labelled(set), func(it datasets.Item) bool { return it.Type != p.defect })
			if p.which >= len(of) {
				return fmt.Errorf("there is no part with a %s", p.defect)
			}
			res, err := s.Preview(ctx, of[p.which])
			if err != nil {
				return err
			}
			if res.Err != nil {
				return res.Err
			}
			mask := onMap(res.Frame, res.Prediction.Map)
			f[fmt.Sprintf("loc_acc_%d", i+1)] = metrics.LocAcc(res.Segmentation.Mask(), mask)
			f[fmt.Sprintf("iou_%d", i+1)] = metrics.IoU(res.Segmentation.Mask(), mask)
			high := float32(res.Thresholds.High)
			for name, m := range map[string]image.Image{
				fmt.Sprintf("%s-%d-%d.png", t.method, t.seed, i+1): heatOf(res.Prediction.Map, HeatEnd*high),
				fmt.Sprintf("input-%d.png", i+1):                   res.Frame.Image,
				fmt.Sprintf("truth-%d.png", i+1):                   res.Frame.Mask,
			} {
				if err := writePNG(filepath.Join(dir, name), m); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return f, err
}

// galleryDir holds the pictures of Fig. 10, one by one.
const galleryDir = "fig10"

func heatOf(m *nn.Image, end float32) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, m.W, m.H))
	for i, v := range m.Pix {
		out.SetNRGBA(i%m.W, i/m.W, report.Heat(float64(v/max(end, 1e-9))))
	}
	return out
}

func writePNG(path string, m image.Image) error {
	return replace(path, func(f *os.File) error { return png.Encode(f, m) })
}
