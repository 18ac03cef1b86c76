package anomaly

import (
	"context"
	"fmt"
	"math"

	"agurscope/nn"
	"agurscope/nn/feature"
	"agurscope/nn/internal/simd"
)

// The terms of the anomaly map, by the names that recipes and tables use.
const (
	ResidualTerm    = "residual"    // what the network painted otherwise
	ScoreTerm       = "score"       // the deep anomaly scoring network
	FeaturesTerm    = "features"    // the network's features against those of good parts
	HandcraftedTerm = "handcrafted" // the same without anything learned
	MemoryTerm      = "memory"      // nearest good neighbour of every patch
	FrequencyTerm   = "frequency"   // what the frequency branch painted otherwise
)

// cell is the side of a cell of the feature terms, in pixels, and mostCells
// the number of them from which cells of twice the side are taken: every cell
// has a covariance of its own.
const (
	cell      = 8
	mostCells = 2048
)

// coarse returns by how many cells each way features are pooled.
func (n Network) coarse() int {
	k := 1
	for n.Width/(cell*k)*(n.Height/(cell*k)) > mostCells {
		k *= 2
	}
	return k
}

// Statistics is what training parts look like: in features the Gaussian per
// position of the network's, that of handcrafted ones, and the memory of good
// patches; and grey, pixel by pixel. Each may be nil: the term is then missing. The
// network's have a Gaussian of their own so that what training is worth can be seen;
// one of both together is no better.
type Statistics struct {
	Features    *feature.Gaussian `json:"-"`
	Handcrafted *feature.Gaussian `json:"-"`
	Memory      *feature.Memory   `json:"-"`
	Template    *positional       `json:"-"`        // grey of good parts, where they lie alike
	Surround    bool              `json:"surround"` // cells of 16 pixels count, too
	Modes       float64           `json:"modes"`    // share of places with several good looks: the memory's weight
}

// statisticsBudget bounds the memory of feature vectors while fitting.
const statisticsBudget = 512 << 20

// nudge is by how many pixels copies of the training parts are moved when
// statistics are fitted: parts never lie twice in the same place, and a
// covariance from many vectors is worth more than one from few.
const nudge = 2

// FitStatistics runs the recipe's network over the training parts, each as it
// is and moved by two pixels, and sets the recipe's Statistics.
//
// Position is R². Where it is low the network's features are compared over the
// whole picture: a covariance per position would say little and weigh much.
func FitStatistics(ctx context.Context, e nn.Engine, r *Recipe, normals []*nn.Image, position float64) error {
	d, err := newDetector(e, r)
	if err != nil {
		return fmt.Errorf("fit statistics: %w", err)
	}
	defer d.Close()
	s := &Statistics{Surround: position >= perPosition}
	d.describe, d.surround = true, s.Surround
	learned := r.Model.Network.own() // or nothing but handcrafted features
	var own, hand, fine []*feature.Grid
	moves := [][2]int{{0, 0}, {nudge, 0}, {-nudge, 0}, {0, nudge}, {0, -nudge}}
	if n := r.Model.Network; n.Width*n.Height > mostMoved {
		moves = moves[:1] // it would take long, and details are finer than a nudge
	}
	bytes := 0
	for k, m := range moves {
		for i, x := range normals {
			if len(hand) > 0 && bytes*(len(hand)+1) > statisticsBudget || k > 0 && len(hand) >= enoughVectors {
				break
			}
			raw, err := d.run(ctx, moved(x, m[0], m[1]))
			if err != nil {
				return fmt.Errorf("fit statistics on image %d of %d: %w", i+1, len(normals), err)
			}
			hand = append(hand, s.grid(HandcraftedTerm, raw))
			bytes = 4 * len(hand[0].Data)
			if !learned {
				continue
			}
			own = append(own, s.grid(FeaturesTerm, raw))
			if k == 0 {
				fine = append(fine, s.grid(MemoryTerm, raw))
			}
			bytes += 4 * len(own[0].Data)
		}
	}
	o := feature.GaussianOptions{Shrink: shrink}
	if s.Handcrafted, err = feature.FitGaussian(hand, o); err != nil {
		return fmt.Errorf("fit statistics: %w", err)
	}
	o.Global = position < perPosition
	if learned {
		if s.Features, err = feature.FitGaussian(own, o); err != nil {
			return fmt.Errorf("fit statistics: %w", err)
		}
		s.Modes = feature.Modes(fine)
	}
	if s.Modes >= fewModes {
		if s.Memory, err = feature.FitMemory(fine, feature.MemoryOptions{PerCell: 48}); err != nil {
			return fmt.Errorf("fit statistics: %w", err)
		}
	}
	if learned && position >= perPosition {
		s.Template = fitTemplate(normals)
	}
	if r.Statistics, err = s.rounded(r.Model.Network); err != nil {
		return fmt.Errorf("fit statistics: %w", err)
	}
	return nil
}

// enoughVectors of a place make its covariance; beyond, moved copies only cost.
const enoughVectors = 1024

// mostMoved is the size of pictures, in pixels, up to which moved copies are
// looked at.
const mostMoved = 512 * 256

// fewModes is the share of places with several good looks under which a memory
// is not worth its size.
const fewModes = .1

// perPosition is the share R² from which the network's features have a
// distribution at every position.
const perPosition = .3

// shrink is λ of the Gaussians: .02 to .1 are the same within noise.
const shrink = .02

// moved shifts a picture by whole pixels; edges are repeated.
func moved(m *nn.Image, dx, dy int) *nn.Image {
	if dx == 0 && dy == 0 {
		return m
	}
	out := nn.NewImage(m.C, m.H, m.W)
	for c := range m.C {
		src, dst := m.Plane(c), out.Plane(c)
		for y := range m.H {
			row := src[clamp(y-dy, m.H)*m.W:][:m.W]
			for x := range m.W {
				dst[y*m.W+x] = row[clamp(x-dx, m.W)]
			}
		}
	}
	return out
}

// enlarger brings a map of cells to the picture's size: bilinear, then a
// Gaussian blur, both in one pass each way.
type enlarger struct {
	w, h       int
	rows, cols []span
}

func newEnlarger(cw, ch, w, h int, sigma float64) *enlarger {
	return &enlarger{w: w, h: h, cols: smooth(spans(cw, w), sigma), rows: smooth(spans(ch, h), sigma)}
}

// smooth blurs the destination of a resize with mirrored edges.
func smooth(in []span, sigma float64) []span {
	r := int(math.Ceil(3 * sigma))
	out := make([]span, len(in))
	for i := range in {
		from, to := math.MaxInt, 0
		total := 0.0
		at := func(t int) span {
			k := i + t
			if k < 0 {
				k = -k - 1
			}
			if k >= len(in) {
				k = 2*len(in) - 1 - k
			}
			return in[clamp(k, len(in))]
		}
		for t := -r; t <= r; t++ {
			s := at(t)
			from, to = min(from, s.from), max(to, s.from+len(s.weights))
			total += math.Exp(-float64(t*t) / (2 * sigma * sigma))
		}
		w := make([]float32, to-from)
		for t := -r; t <= r; t++ {
			s := at(t)
			g := float32(math.Exp(-float64(t*t)/(2*sigma*sigma)) / total)
			for k, v := range s.weights {
				w[s.from-from+k] += g * v
			}
		}
		out[i] = span{from, w}
	}
	return out
}

func (e *enlarger) apply(k *workspace, m *nn.Image) *nn.Image {
	tmp, out := k.image(1, m.H, e.w), k.image(1, e.h, e.w)
	shrinkColumns(tmp.Pix, m.Pix, m.W, e.w, e.cols)
	shrinkRows(out.Pix, tmp.Pix, e.w, e.rows)
	return out
}

// positional is the mean and the standard deviation of a map at every
// position of good parts.
type positional struct{ Mean, Std *nn.Image }

// moments sums up the maps of good parts position by position.
type moments struct {
	n       int
	sum, sq []float64 // per position
	all     [2]float64
}

func (s *moments) add(m *nn.Image) {
	if s.n++; s.sum == nil {
		s.sum, s.sq = make([]float64, len(m.Pix)), make([]float64, len(m.Pix))
	}
	for i, v := range m.Pix {
		f := float64(v)
		s.sum[i] += f
		s.sq[i] += f * f
		s.all[0] += f
		s.all[1] += f * f
	}
}

// floor is what is added to every deviation: a quarter of that over all
// positions.
func (s *moments) floor() float64 {
	total := float64(s.n * len(s.sum))
	return .25*math.Sqrt(max(0, s.all[1]/total-s.all[0]/total*s.all[0]/total)) + 1e-12
}

// positional returns mean and deviation of maps of w x h.
func (s *moments) positional(w, h int) *positional {
	p := &positional{nn.NewImage(1, h, w), nn.NewImage(1, h, w)}
	n, floor := float64(s.n), s.floor()
	for i := range s.sum {
		mean := s.sum[i] / n
		p.Mean.Pix[i] = float32(mean)
		p.Std.Pix[i] = float32(math.Sqrt(max(0, s.sq[i]/n-mean*mean)) + floor)
	}
	return p
}

// apply returns a map that was added in units of the deviation of all the
// others: with itself among them it would vouch for itself.
func (s *moments) apply(k *workspace, m *nn.Image) *nn.Image {
	out := k.image(1, m.H, m.W)
	n, floor := float64(s.n-1), s.floor()
	for i, v := range m.Pix {
		f := float64(v)
		mean := (s.sum[i] - f) / n
		out.Pix[i] = float32((f - mean) / (math.Sqrt(max(0, (s.sq[i]-f*f)/n-mean*mean)) + floor))
	}
	return out
}

// apply returns a map in units of its deviation on good parts.
func (p *positional) apply(k *workspace, m *nn.Image) *nn.Image {
	z := k.image(1, m.H, m.W)
	simd.Unit(z.Pix, m.Pix, p.Mean.Pix, p.Std.Pix)
	return z
}

// reach is the side of the coarsest cells.
func (s *Statistics) reach() int {
	if s != nil && s.Surround {
		return 2 * cell
	}
	return cell
}

// handcrafted is how many handcrafted numbers describe a cell.
func handcrafted(surround bool) int {
	if surround {
		return feature.HandcraftedNumbers + feature.SurroundNumbers
	}
	return feature.HandcraftedNumbers
}

// names lists the terms of features that s has, in order.
func (s *Statistics) names() []string { return s.appendNames(nil) }

func (s *Statistics) appendNames(out []string) []string {
	if s.Features != nil {
		out = append(out, FeaturesTerm)
	}
	if s.Handcrafted != nil {
		out = append(out, HandcraftedTerm)
	}
	if s.Memory != nil {
		out = append(out, MemoryTerm)
	}
	return out
}

// columns says which of a picture's numbers the named term looks at. Where parts
// lie alike, the handcrafted features have cells of 16 pixels, too: what
// surrounds a place is known there. On textures they only blur.
func columns(name string, r *raw) (from, to int) {
	switch name {
	case FeaturesTerm:
		return 0, r.own
	case HandcraftedTerm:
		return r.own, r.features.D
	case MemoryTerm:
		return r.own, r.own + feature.HandcraftedNumbers
	}
	panic("anomaly: no features for term " + name)
}

// grid returns what the named term looks at.
func (s *Statistics) grid(name string, r *raw) *feature.Grid {
	return r.features.Part(columns(name, r))
}

// meter returns what measures the named term.
func (s *Statistics) meter(name string) *feature.Meter {
	switch name {
	case FeaturesTerm:
		return s.Features.Meter()
	case HandcraftedTerm:
		return s.Handcrafted.Meter()
	default:
		return s.Memory.Meter()
	}
}

// compare computes the terms of features, how far every cell is from good ones,
// after which the features themselves have done their work.
func (r *raw) compare(s *Statistics) {
	if s == nil {
		return
	}
	if r.distances == nil {
		r.distances = map[string]*nn.Image{}
	}
	var room [3]string
	for _, name := range s.appendNames(room[:0]) {
		m := r.room.image(1, r.features.H, r.features.W)
		from, _ := columns(name, r)
		r.room.meter(s, name).Measure(m.Pix, r.features, from)
		r.distances[name] = m
	}
	r.features = nil
}

// shown returns the map of the named term at the picture's size, before it is
// brought into units of its deviation where it is compared by position.
func (r *raw) shown(name string, byPosition bool) *nn.Image {
	switch name {
	case ResidualTerm:
		if byPosition {
			return r.plain
		}
		return r.residual
	case ScoreTerm:
		return r.logits
	case FrequencyTerm:
		return r.frequency
	case TemplateTerm:
		if r.template != nil {
			return r.template
		}
	}
	m, w, h := r.distances[name], r.signed.W, r.signed.H
	if m == nil { // of another method
		return r.plain
	}
	return r.room.enlarger(m.W, m.H, w, h).apply(r.room, m)
}

// terms lists the terms of a recipe's map, in order.
func (r *Recipe) terms() []string {
	if n := r.Model.Network; !n.own() {
		return []string{n.method().term}
	}
	out := []string{ResidualTerm}
	if !r.Model.Network.Without.Score {
		out = append(out, ScoreTerm)
	}
	if r.Model.Network.MGAN != "" {
		out = append(out, FrequencyTerm)
	}
	if s := r.Statistics; s != nil {
		if s.Template != nil {
			out = append(out, TemplateTerm)
		}
		out = append(out, s.names()...)
	}
	return out
}
