package lab

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"slices"

	"agurscope/assets/words"
	"agurscope/ui/clusters"
	"agurscope/ui/report"
	"agurscope/ui/scene"
	"agurscope/ui/session/lab"
	"agurscope/ui/widgets"
	"agurscope/viewer"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// map9 is the panel of Fig. 9 that is chosen, with names under the pointer.
func (s *Screen) map9() fyne.CanvasObject {
	layouts, classes, err := lab.Layouts(s.out)
	at := slices.Index(s.page("fig9").Pictures, s.shot)
	if err != nil || at < 0 || at >= len(layouts) {
		return nil
	}
	l := layouts[at]
	marks := make([]clusters.Mark, len(l.Points))
	for i, q := range l.Points {
		marks[i] = clusters.Mark{X: q.X, Y: q.Y, Group: q.Class}
		if q.Class < 0 || q.Class >= len(classes) { // of a file that somebody has written to
			marks[i].Group = -1
		}
	}
	legend := widgets.Row(6)
	for i, name := range classes {
		legend.Add(clusters.NewSign(i))
		legend.Add(widgets.NewText(name + "   "))
	}
	about := widgets.NewCaption(words.T("Of %.0f %% of the parts most of the five nearest are the same product.", 100*l.KNN))
	said := widgets.NewStyled(&widgets.Text{Style: fyne.TextStyle{Bold: true}})
	c := clusters.NewScatter()
	c.Set(marks, false)
	c.OnHover = func(i int) {
		text := ""
		if i >= 0 && marks[i].Group >= 0 {
			text = classes[marks[i].Group]
		}
		said.Set(text)
	}
	return widgets.NewCard(widgets.Dock(widgets.Inset(widgets.Dock(nil, nil, nil, said, legend), 4, 4), widgets.Inset(about, 4, 4), nil, nil, c))
}

// panes10 sets the methods beside each other on one part: panes that move
// together, one scale of colours.
func (s *Screen) panes10() fyne.CanvasObject {
	panes := lab.Panes(s.out, s.stage)
	if len(panes) < 3 {
		return nil
	}
	grid := container.NewGridWithColumns((len(panes) + 1) / 2)
	var views []*viewer.Viewer
	var extent image.Point
	for i, p := range panes {
		m, err := readPNG(p.File)
		if err != nil {
			return nil
		}
		if i == 0 {
			extent = m.Bounds().Size()
		}
		v := viewer.New()
		v.ShowToolbar(false)
		v.Fix()
		v.Enlarge(viewer.PaneOriginal)
		v.SetTitle(viewer.PaneOriginal, p.Title.String())
		v.SetFrame(viewer.Frame{Original: scene.Opaque(grown(m, extent))})
		v.OnMoved = func(at viewer.Viewport) {
			for k, o := range views {
				if k != i {
					o.SetView(at)
				}
			}
		}
		views = append(views, v)
		grid.Add(widgets.Dock(nil, widgets.Inset(widgets.NewCaption(p.Note), 2, 6), nil, nil, v))
	}
	picks := widgets.Row(6)
	for i, name := range lab.Stages() {
		b := s.Tips.NewFlatButton(name.String(), nil, "", func() { s.stage = i; s.turnTo("fig10") })
		if i == s.stage {
			b.Importance = widget.MediumImportance
		}
		picks.Add(b)
	}
	return widgets.Dock(widgets.Inset(container.NewHScroll(picks), 4, 0), widgets.Inset(scale(), 2, 6), nil, nil, grid)
}

// scale is the one scale of colours of all heat maps.
func scale() fyne.CanvasObject {
	bar := canvas.NewRasterWithPixels(func(x, _, w, _ int) color.Color { return report.Heat(float64(x) / float64(max(w-1, 1))) })
	return widgets.Row(6, widgets.NewCaption("0"), widgets.Fixed(120, 10, bar),
		widgets.NewCaption(words.T("%s × the threshold of a region", words.Write("%v", lab.HeatEnd))))
}

func readPNG(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return png.Decode(f)
}

// grown brings a map to the extent of its part, so that views can be linked.
func grown(m image.Image, to image.Point) image.Image {
	b := m.Bounds()
	out := image.NewRGBA(image.Rectangle{Max: to})
	for y := range to.Y {
		for x := range to.X {
			out.Set(x, y, m.At(b.Min.X+x*b.Dx()/to.X, b.Min.Y+y*b.Dy()/to.Y))
		}
	}
	return out
}
