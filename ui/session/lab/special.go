package lab

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"agurscope/datasets"
	"agurscope/nn"
	"agurscope/nn/cluster"
	"agurscope/nn/metrics"
	"agurscope/nn/tsne"
	"agurscope/nn/vectors"
	"agurscope/ui/report"
	"agurscope/ui/session"
	"agurscope/ui/session/ledger"
)

// timedSteps is how long is learnt where only time is measured: weights do not
// change what a picture takes.
const timedSteps = 10

// shapes are the paper's types of defects, told by the form of the mask.
var shapes = []struct{ name, title string }{{"A", "A, point-like"}, {"B", "B, line-like"}, {"C", "C, area-like"}}

// The paper says what its types look like, not where they end.
const (
	pointArea  = 0.01 // of the picture; 0.1 % would leave no drawn defect
	lineLength = 4    // times its width
)

// shapeOf tells the type of a defect.
func shapeOf(mask *image.Gray) string {
	var n, sx, sy, sxx, sxy, syy float64
	b := mask.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			if mask.Pix[y*mask.Stride+x] >= 128 {
				fx, fy := float64(x), float64(y)
				n, sx, sy, sxx, sxy, syy = n+1, sx+fx, sy+fy, sxx+fx*fx, sxy+fx*fy, syy+fy*fy
			}
		}
	}
	if n == 0 {
		return ""
	}
	vx, vy, c := sxx/n-sx*sx/n/n+1./12, syy/n-sy*sy/n/n+1./12, sxy/n-sx*sy/n/n
	d := math.Sqrt((vx-vy)*(vx-vy)/4 + c*c)
	switch long, short := (vx+vy)/2+d, (vx+vy)/2-d; {
	case math.Sqrt(long/max(short, 1e-9)) > lineLength:
		return "B"
	case n/float64(b.Dx()*b.Dy()) < pointArea:
		return "A"
	default:
		return "C"
	}
}

// time measures picture by picture, from the file to the verdict.
func (r *run) time(ctx context.Context, t task, on func(string, float64)) (f ledger.Figures, err error) {
	err = r.trained(ctx, t, r.budget.Timed, timedSteps, on, func(s *session.Session, set *datasets.Set) error {
		items := slices.DeleteFunc(labelled(set), func(it datasets.Item) bool { return it.Label != datasets.Anomalous })
		took, stages := map[string][]float64{}, map[string][]float64{}
		total := r.budget.WarmUp + len(items)
		for i := range total {
			it := items[(i-r.budget.WarmUp+total*len(items))%len(items)]
			begun := time.Now()
			res, err := s.Preview(ctx, it)
			ms := float64(time.Since(begun).Microseconds()) / 1000
			if err != nil {
				return err
			}
			if res.Err != nil {
				return res.Err
			}
			on("timing", trainingShare+(1-trainingShare)*float64(i+1)/float64(total))
			if i < r.budget.WarmUp || res.Frame.Mask == nil {
				continue
			}
			shape := shapeOf(res.Frame.Mask)
			took[shape], took["all"] = append(took[shape], ms), append(took["all"], ms)
			for _, g := range res.Stages {
				stages[g.Name] = append(stages[g.Name], float64(g.Took.Microseconds())/1000)
			}
		}
		f = ledger.Figures{}
		for shape, v := range took {
			f["p50_"+shape+"_ms"], f["p95_"+shape+"_ms"], f["images_"+shape] = metrics.Quantile(v, .5), metrics.Quantile(v, .95), float64(len(v))
		}
		for name, v := range stages {
			f["stage_"+name+"_ms"] = metrics.Quantile(v, .5)
		}
		return nil
	})
	return f, err
}

// production are the five stages of Fig. 10, each with a drawn defect that belongs
// there, and which of the test parts with it is shown.
var production = []struct {
	title, defect string
	which         int
}{
	{"raw material", "stain", 0}, {"processing", "scratch", 0}, {"surface treatment", "stain", 1},
	{"quality inspection", "missing_pin", 0}, {"packaging", "foreign_fibre", 0},
}

// heatEnd is the end of the scale of all heat maps, in units of the threshold at
// which a region begins.
const heatEnd = 1.5

// gallery leaves the pictures of Fig. 10 in the folder of the results.
func (r *run) gallery(ctx context.Context, t task, on func(string, float64)) (f ledger.Figures, err error) {
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
				fmt.Sprintf("%s-%d-%d.png", t.method, t.seed, i+1): heatOf(res.Prediction.Map, heatEnd*high),
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

// raw is the method of Fig. 9 that has learnt nothing: the pixels themselves.
const raw = "raw"

// spread lays out the defective parts of four products by what a method sees in
// them.
func (r *run) spread(ctx context.Context, t task, on func(string, float64)) (f ledger.Figures, err error) {
	set := r.data.get(t.subject).set
	items := slices.DeleteFunc(labelled(set), func(it datasets.Item) bool { return it.Label != datasets.Anomalous })
	var looks [][]float32
	if t.method == raw {
		for i, it := range items {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			v, err := thumbnail(it)
			if err != nil {
				return nil, err
			}
			looks = append(looks, v)
			on("reading", .9*float64(i+1)/float64(len(items)))
		}
	} else {
		err := r.trained(ctx, t, r.budget.Input, r.budget.Steps, on, func(s *session.Session, set *datasets.Set) error {
			for _, it := range items {
				res, err := s.Preview(ctx, it)
				if err != nil {
					return err
				}
				if res.Err != nil {
					return res.Err
				}
				looks = append(looks, slices.Clone(res.Prediction.Embedding))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	classes := strings.Fields(r.data.get(t.subject).Category)
	var labels []int
	for _, it := range items {
		labels = append(labels, slices.IndexFunc(classes, func(c string) bool { return strings.HasPrefix(it.Name, c+"/") }))
	}
	on("laying out", .95)
	return layOut(ctx, looks, labels)
}

// thumbnail is a picture as few numbers.
func thumbnail(it datasets.Item) ([]float32, error) {
	f, err := it.Load()
	if err != nil {
		return nil, err
	}
	const side = 16
	b, out := f.Image.Bounds(), make([]float32, 0, 3*side*side)
	for y := range side {
		for x := range side {
			c := color.NRGBAModel.Convert(f.Image.At(b.Min.X+(2*x+1)*b.Dx()/(2*side), b.Min.Y+(2*y+1)*b.Dy()/(2*side))).(color.NRGBA)
			out = append(out, float32(c.R)/255, float32(c.G)/255, float32(c.B)/255)
		}
	}
	return out, nil
}

// Neighbours of which the majority says what a part is, and principal axes.
const (
	neighbours = 5
	axes       = 50
)

// layOut draws a map of vectors and says how well their labels hold together, in
// it and before.
func layOut(ctx context.Context, looks [][]float32, labels []int) (ledger.Figures, error) {
	if len(looks) == 0 || len(looks[0]) == 0 {
		return nil, errors.New("there is nothing to lay out")
	}
	all, err := vectors.FromRows(looks)
	if err != nil {
		return nil, err
	}
	basis, err := vectors.Fit(ctx, all, axes, true)
	if err != nil {
		return nil, err
	}
	x, err := basis.Apply(ctx, all)
	if err != nil {
		return nil, err
	}
	m, err := tsne.Run(ctx, x, tsne.Options{})
	if err != nil {
		return nil, err
	}
	flat := &vectors.Set{D: 2}
	f := ledger.Figures{"kl": m.KL}
	for i, p := range m.Points {
		flat.V = append(flat.V, float32(p.X), float32(p.Y))
		f[fmt.Sprintf("x_%04d", i)], f[fmt.Sprintf("y_%04d", i)] = float64(p.X), float64(p.Y)
		f[fmt.Sprintf("class_%04d", i)] = float64(labels[i])
	}
	for name, s := range map[string]*vectors.Set{"before": x, "map": flat} {
		if f["silhouette_"+name], err = cluster.Silhouette(ctx, s, labels); err != nil {
			return nil, err
		}
		if f["knn5_"+name], err = vote(ctx, s, labels); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// vote is the share of parts whose five nearest others say by majority what they
// are.
func vote(ctx context.Context, s *vectors.Set, labels []int) (float64, error) {
	g, err := vectors.Nearest(ctx, s, neighbours)
	if err != nil {
		return 0, err
	}
	right := 0.
	for i := range labels {
		tally := map[int]int{}
		best := -1
		for _, n := range g.Row(i) {
			l := labels[n.ID]
			if tally[l]++; best < 0 || tally[l] > tally[best] {
				best = l
			}
		}
		if best == labels[i] {
			right++
		}
	}
	return right / float64(max(len(labels), 1)), nil
}
