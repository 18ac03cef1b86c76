package widgets

import (
	"fmt"
	"image/color"

	"agurscope/assets/words"
	"agurscope/themes"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Matrix is a table of counts whose cells can be chosen: what parts are (rows)
// against what was said of them (columns).
type Matrix struct {
	widget.BaseWidget
	OnChosen func(row, column int)

	all   *fyne.Container
	heads []*Text
	rows  []*fyne.Container
	cells [][]*matrixCell
}

// MatrixCell describes a cell: the word below its count, and how it is to be
// taken.
type MatrixCell struct {
	Word string
	Fill fyne.ThemeColorName // of its edge; "" for a neutral one
	Tip  string
}

// NewMatrix returns a matrix of noughts.
func (t *Tips) NewMatrix(columns, rows []string, cells [][]MatrixCell) *Matrix {
	m := &Matrix{}
	weights := []float32{1}
	head := []fyne.CanvasObject{NewCaption("")}
	for _, c := range columns {
		weights = append(weights, 1)
		w := NewStyled(&Text{Text: c, SizeName: theme.SizeNameCaptionText, Style: fyne.TextStyle{Bold: true}, Align: fyne.TextAlignCenter, ColorName: themes.VerdictNamed(c).Text})
		m.heads = append(m.heads, w)
		head = append(head, w)
	}
	weights[0] = .9
	m.all = Rows(4, Columns(weights, head...))
	for i, name := range rows {
		label := NewStyled(&Text{Text: name, Style: fyne.TextStyle{Bold: true}, Elide: ElideEnd})
		line := []fyne.CanvasObject{label}
		var of []*matrixCell
		for k := range columns {
			c := &matrixCell{what: cells[i][k]}
			c.pressable = pressable{Tip: c.what.Tip, tips: t, of: c}
			c.OnTapped = func() {
				m.Choose(i, k)
				if m.OnChosen != nil {
					m.OnChosen(i, k)
				}
			}
			c.ExtendBaseWidget(c)
			of = append(of, c)
			line = append(line, Inset(c, 0, 2))
		}
		m.cells = append(m.cells, of)
		row := Columns(weights, line...)
		m.rows = append(m.rows, row)
		m.all.Add(row)
	}
	m.ExtendBaseWidget(m)
	return m
}

// CreateRenderer shows the table.
func (m *Matrix) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(m.all) }

// Set shows counts; share is how much of its row each cell is.
func (m *Matrix) Set(counts [][]int) {
	for i, row := range counts {
		sum := 0
		for _, n := range row {
			sum += n
		}
		for k, n := range row {
			m.cells[i][k].set(n, sum)
		}
	}
}

// ShowRow shows or hides a row.
func (m *Matrix) ShowRow(row int, on bool) {
	if m.rows[row].Hidden == on {
		m.rows[row].Hidden = !on
		m.all.Refresh()
		m.Refresh()
	}
}

// ShowColumn dims a column that holds nothing.
func (m *Matrix) ShowColumn(column int, on bool) {
	for _, row := range m.cells {
		row[column].dim(!on)
	}
}

// Choose marks a cell; row -1 marks none.
func (m *Matrix) Choose(row, column int) {
	for i, cells := range m.cells {
		for k, c := range cells {
			c.choose(i == row && k == column)
		}
	}
}

// matrixCell is one count.
type matrixCell struct {
	widget.BaseWidget
	pressable

	what           MatrixCell
	n, all         int
	chosen, dimmed bool
}

func (c *matrixCell) set(n, all int) {
	if c.n != n || c.all != all {
		c.n, c.all = n, all
		c.Refresh()
	}
}

func (c *matrixCell) muted() fyne.ThemeColorName {
	if c.dimmed {
		return theme.ColorNameDisabled
	}
	return themes.ColorNameMuted
}

func (c *matrixCell) choose(on bool) {
	if c.chosen != on {
		c.chosen = on
		c.Refresh()
	}
}

func (c *matrixCell) dim(on bool) {
	if c.dimmed != on {
		c.dimmed = on
		c.Refresh()
	}
}

func (c *matrixCell) paint() { c.Refresh() }

// CreateRenderer returns the drawing of the cell.
func (c *matrixCell) CreateRenderer() fyne.WidgetRenderer {
	r := &cellRenderer{c: c, ground: canvas.NewRectangle(color.Transparent), edge: canvas.NewRectangle(color.Transparent), count: caption(), share: caption(), word: caption()}
	r.ground.CornerRadius = 5
	r.Refresh()
	return r
}

type cellRenderer struct {
	c                  *matrixCell
	ground, edge       *canvas.Rectangle
	count, share, word *canvas.Text
}

func (r *cellRenderer) MinSize() fyne.Size {
	cap := theme.Size(theme.SizeNameCaptionText)
	return fyne.NewSize(cap*6.6, cap*3.9)
}

func (r *cellRenderer) Layout(s fyne.Size) {
	r.ground.Resize(s)
	r.edge.Move(fyne.NewPos(0, 4))
	r.edge.Resize(fyne.NewSize(3, max(s.Height-8, 0)))
	n := r.count.MinSize()
	r.count.Move(fyne.NewPos(9, 1))
	p := r.share.MinSize()
	r.share.Move(fyne.NewPos(s.Width-p.Width-7, n.Height+1-p.Height-2))
	r.share.Hidden = 9+n.Width+6+p.Width+7 > s.Width
	w := r.fitWord(s.Width - 9 - 2)
	r.word.Move(fyne.NewPos(9, s.Height-w.Height-3))
}

// fitWord writes the word a little smaller where it is long, and then shorter.
func (r *cellRenderer) fitWord(room float32) fyne.Size {
	word, full := r.c.what.Word, theme.Size(theme.SizeNameCaptionText)
	size := full
	for size > full*.75 && fyne.MeasureText(word, size, r.word.TextStyle).Width > room {
		size -= .5
	}
	return write(r.word, Shorten(word, room, size, r.word.TextStyle, ElideEnd), r.c.muted(), size, false)
}

func (r *cellRenderer) Refresh() {
	c := r.c
	fill, ink := theme.ColorNameInputBackground, theme.ColorNameForeground
	if c.hovered || c.chosen {
		fill = themes.ColorNameRaised
	}
	r.ground.FillColor, r.ground.StrokeWidth = themes.Color(fill), 0
	if c.chosen || c.focused {
		r.ground.StrokeColor, r.ground.StrokeWidth = themes.Color(theme.ColorNamePrimary), 2
	}
	r.edge.FillColor = color.Transparent
	if c.what.Fill != "" && c.n > 0 {
		r.edge.FillColor = themes.Color(c.what.Fill)
	}
	if c.n == 0 {
		ink = theme.ColorNameDisabled
	}
	share := ""
	if c.n > 0 && c.all > 0 {
		share = Percent(float64(c.n) / float64(c.all))
	}
	write(r.count, fmt.Sprint(c.n), ink, theme.Size(theme.SizeNameSubHeadingText), true)
	write(r.share, share, c.muted(), theme.Size(theme.SizeNameCaptionText), false)
	r.Layout(c.Size())
	canvas.Refresh(r.ground)
}

func (r *cellRenderer) Objects() []fyne.CanvasObject {
	return []fyne.CanvasObject{r.ground, r.edge, r.count, r.share, r.word}
}
func (r *cellRenderer) Destroy() {}

// Percent writes a share as short as its size allows.
func Percent(v float64) string {
	switch p := 100 * v; {
	case p == 0:
		return "0 %"
	case p < .095:
		return words.Write("%.2g %%", p)
	case p < 9.95 || p > 99 && p < 99.95:
		return words.Write("%.1f %%", p)
	case p > 99 && p < 99.995: // a few of thousands are not none
		return words.Write("%.2f %%", p)
	default:
		return fmt.Sprintf("%.0f %%", p)
	}
}
