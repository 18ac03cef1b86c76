package explain

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/nn"
	"agurscope/nn/anomaly"
	"agurscope/ui/phrase"
	"agurscope/ui/scene"
	"agurscope/ui/session"
	"agurscope/viewer"
)

// step is one stop of the walk: what is shown, and one sentence about it.
type step struct {
	title, says string
	pane        viewer.Pane
	frame       viewer.Frame
	thumb       image.Image
}

// stepsOf makes the walk of a part. It takes some milliseconds and runs on the
// goroutine that inspected.
func stepsOf(w *session.Walk) []step {
	var out []step
	add := func(title, says string, pane viewer.Pane, f viewer.Frame, thumb image.Image) {
		f.Prepare()
		out = append(out, step{title, says, pane, f, thumb})
	}
	picture := func(title, says string, m *image.RGBA) {
		add(title, says, viewer.PaneOriginal, viewer.Frame{Original: m}, m)
	}
	if w.Frame.Image == nil || w.Inner == nil {
		m := image.NewRGBA(image.Rect(0, 0, 64, 64))
		if w.Frame.Image != nil {
			m = scene.Opaque(w.Frame.Image)
		}
		picture(words.T("Not inspected"), phrase.Sentence(fmt.Sprint(w.Err))+" "+words.T("It counts as not OK."), m)
		return out
	}
	n, c := w.Inner, w.Recipe.Calibration
	original := scene.Opaque(w.Frame.Image)
	seen := anomaly.Picture(n.Input)
	b := w.Frame.Image.Bounds()
	picture(words.T("The picture"), words.T("This is the part as the camera saw it, %d × %d pixels.", b.Dx(), b.Dy()), original)
	picture(words.T("Network’s view"), preparedWords(w, n), seen)
	if n.Denoised != nil {
		picture(words.T("Denoised"), words.T("A small network takes out the camera's noise and keeps scratches."), anomaly.Picture(n.Denoised))
	}
	if len(n.Encoder) > 0 {
		picture(words.T("Encoder levels"), words.T("The network describes the part at %d scales, from fine edges to whole shapes; bright places answer most.", len(n.Encoder)),
			sheet(n.Encoder, "viridis", 0))
	}
	if len(n.Gates) > 0 {
		picture(words.T("Attention gates"), words.T("The gates let through (bright) the details that are worth drawing and hold back (dark) the others."), sheet(n.Gates, "inferno", 1))
	}
	if n.Reconstruction != nil {
		picture(words.T("Reconstruction"), words.T("From that description the network draws the part as it should be: it has learnt good parts only, so a defect is missing here."), anomaly.Picture(n.Reconstruction))
		add(words.T("Difference"), words.T("Where the drawing differs from the picture, something does not belong."), viewer.PaneHeat,
			heat(seen, n.Residual, .6*peak(n.Residual)+1e-6), tint(n.Residual, peak(n.Residual)))
	}
	if n.Score != nil {
		add(words.T("Scoring network"), words.T("A second network, which has practised on painted damage, says how likely each place is damaged: from 0 to 1."), viewer.PaneHeat,
			heat(seen, n.Score, 1), tint(n.Score, 1))
	}
	for _, t := range n.Terms {
		if t.Weight > 0 && t.Name != anomaly.ResidualTerm && t.Name != anomaly.ScoreTerm {
			if says := termWords[t.Name]; says != "" {
				add(termTitles[t.Name].String(), says.String(), viewer.PaneHeat, heat(seen, t.Map, 2), tint(t.Map, 2))
			}
		}
	}
	top := float32(scene.Scale(c, w.Thresholds.Mode))
	add(words.T("Anomaly map"), fusedWords(n), viewer.PaneHeat, heat(seen, n.Fused, top), tint(n.Fused, top))
	f := scene.Frame(w.Result, c)
	t := w.Thresholds
	add(words.T("Two thresholds"), words.T("The map is cut twice: a place above high (%s) is a defect, and low (%s) says how far it reaches.", phrase.Figure(t.High), phrase.Figure(t.Low)),
		viewer.PaneHeat, f, tint(w.Prediction.Map, top))
	add(words.T("Regions"), regionWords(w), viewer.PaneSegmentation, f, original)
	add(words.T("Verdict"), verdictWords(w), viewer.PaneSegmentation, f, badge(w.Final()))
	return out
}

func preparedWords(w *session.Walk, n *anomaly.Walk) string {
	size := words.T("%d × %d pixels", n.Input.W, n.Input.H)
	switch p := w.Recipe.Preparation; {
	case w.Prediction.Doubt != nil:
		return words.T("It could not be put upright, so a person has to look; the network sees it as it lies, %s.", size)
	case p.Fixture != nil:
		return words.T("The part is put upright, its brightness evened out, and brought to %s.", size)
	}
	return words.T("The picture is brought to %s; lying and light stay as they are.", size)
}

var termTitles = map[string]words.Text{
	anomaly.FeaturesTerm: words.Text("Features"), anomaly.HandcraftedTerm: words.Text("Edges and tones"), anomaly.MemoryTerm: words.Text("Memory"), anomaly.FrequencyTerm: words.Text("Fine structure"),
}

var termWords = map[string]words.Text{
	anomaly.FeaturesTerm:    words.Text("At every place the network's description is compared with that of good parts at the same place."),
	anomaly.HandcraftedTerm: words.Text("Simple numbers for edges and tones are compared with those of good parts at the same place."),
	anomaly.MemoryTerm:      words.Text("Every patch is compared with the most similar patch of a good part."),
	anomaly.FrequencyTerm:   words.Text("Fine structure is drawn by a branch of its own, and compared."),
}

func fusedWords(n *anomaly.Walk) string {
	k := 0
	for _, t := range n.Terms {
		if t.Weight > 0 {
			k++
		}
	}
	if k == 1 {
		return words.T("The evidence on the scale of good parts: 1 is what only one good pixel in a thousand shows.")
	}
	return words.T("The %d kinds of evidence are put on the scale of good parts, where 1 is what one good pixel in a thousand shows, and added up.", k)
}

func regionWords(w *session.Walk) string {
	switch n := len(w.Regions); n {
	case 0:
		return words.T("No place of the map reaches the high threshold: there is no region.")
	case 1:
		r := w.Regions[0]
		return words.T("One region is left, %d pixels large; its peak is %s.", r.Area, phrase.Figure(r.Peak))
	default:
		return words.T("%d regions are left; the strongest has a peak of %s.", n, phrase.Figure(w.Regions[0].Peak))
	}
}

func verdictWords(w *session.Walk) string {
	t, score := w.Thresholds, w.Prediction.Score
	s := phrase.Figure(score)
	switch v := w.Final(); {
	case w.Prediction.Doubt != nil:
		return words.T("REVIEW: the part could not be put upright, so a person decides.")
	case w.Doubt != nil:
		return words.T("REVIEW: a region is as large as no defect is, so a person decides.")
	case v == history.NG && score >= t.Reject:
		return words.T("NG: the part's score is %s, and parts are rejected from %s.", s, phrase.Figure(t.Reject))
	case v == history.NG:
		return words.T("NG: a region is enough, though the part's score of %s lies below %s.", s, phrase.Figure(t.Reject))
	case v == history.REVIEW:
		return words.T("REVIEW: the part's score is %s, between %s and %s a person decides.", s, phrase.Figure(t.Review), phrase.Figure(t.Reject))
	default:
		return words.T("OK: the part's score is %s, below %s, and no region is left.", s, phrase.Figure(t.Review))
	}
}

// heat is a map over what the network saw.
func heat(ground *image.RGBA, m *nn.Image, top float32) viewer.Frame {
	return viewer.Frame{Original: ground, Map: &viewer.Scalar{W: m.W, H: m.H, V: m.Pix}, Max: top}
}

func peak(m *nn.Image) float32 {
	top := float32(0)
	for _, v := range m.Pix {
		top = max(top, v)
	}
	return top
}

// tint colours a map.
func tint(m *nn.Image, top float32) *image.RGBA {
	colors := viewer.Colormap("viridis")
	out := image.NewRGBA(image.Rect(0, 0, m.W, m.H))
	for i, v := range m.Pix {
		out.SetRGBA(i%m.W, i/m.W, colors[int(min(max(v/max(top, 1e-9), 0), 1)*255)])
	}
	return out
}

// sheet puts maps of falling resolution beside each other, each enlarged to the
// first; top 0 scales each by its own highest value, for they have no unit.
func sheet(maps []*nn.Image, colormap string, top float32) *image.RGBA {
	const gap, least = 8, 160
	w, h := maps[0].W, maps[0].H
	k := max(1, (least+w-1)/w)
	w, h = w*k, h*k
	columns := 2
	if len(maps) <= 3 {
		columns = len(maps)
	}
	rows := (len(maps) + columns - 1) / columns
	out := image.NewRGBA(image.Rect(0, 0, columns*(w+gap)-gap, rows*(h+gap)-gap))
	draw.Draw(out, out.Rect, image.NewUniform(color.RGBA{24, 28, 34, 255}), image.Point{}, draw.Src)
	colors := viewer.Colormap(colormap)
	for i, m := range maps {
		high := top
		if high == 0 {
			high = max(peak(m), 1e-9)
		}
		x0, y0 := i%columns*(w+gap), i/columns*(h+gap)
		for y := range h {
			row := m.Pix[y*m.H/h*m.W:]
			for x := range w {
				v := row[x*m.W/w] / high
				out.SetRGBA(x0+x, y0+y, colors[int(min(max(v, 0), 1)*255)])
			}
		}
	}
	return out
}

// badge is a picture in the colour of a verdict.
func badge(v history.Verdict) image.Image {
	c := map[history.Verdict]color.RGBA{history.OK: {31, 125, 81, 255}, history.NG: {201, 48, 47, 255}, history.REVIEW: {240, 176, 47, 255}}[v]
	if c.A == 0 {
		c = color.RGBA{122, 63, 196, 255}
	}
	m := image.NewRGBA(image.Rect(0, 0, 8, 8))
	draw.Draw(m, m.Rect, image.NewUniform(c), image.Point{}, draw.Src)
	return m
}
