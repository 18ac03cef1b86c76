package ui

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/nn/anomaly"
	"agurscope/themes"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

const (
	reviewInk = themes.ColorNameReview
	rejectInk = themes.ColorNameNG
)

// trainForm asks for everything that a training needs.
type trainForm struct {
	t    *trainScreen
	root fyne.CanvasObject

	path      *widgets.Entry
	browse    *widgets.Button
	found     *widgets.Text
	queue     *trainQueue
	sizes     []*widgets.Chip
	size      string
	about     *widgets.Remark
	cost      *widgets.Text
	input     *widgets.Select
	inputIs   *widgets.Text
	budgets   [2]*widgets.Chip
	bySteps   bool
	amount    *widgets.Entry
	forecast  *widgets.Remark
	estimates map[string]session.Estimate // by what they depend on
	measuring string                      // what is being measured now
	reason    string                      // why a recipe is trained anew
	unit      *widgets.Text
	seed      *widgets.Entry
	out       *widgets.Entry
	save      *widgets.Button
	start     *widgets.Button
	resume    *widgets.Button
	resumeBox fyne.CanvasObject
	why       *widgets.Text
	costs     map[string]anomaly.Cost
}

var sizeWords = map[string][2]words.Text{
	"T": {words.Text("T  small"), words.Text("Trains in minutes on a processor. A good first try.")},
	"B": {words.Text("B  medium"), words.Text("Sees finer defects; about an hour on a processor.")},
	"L": {words.Text("L  large"), words.Text("For a graphics card, or a night.")},
}

// automatic leaves the input size to how parts lie.
const automatic = words.Text("auto")

var inputs = []string{"64", "96", "128", "192", "256", "384", "512"}

func newTrainForm(t *trainScreen) *trainForm {
	f := &trainForm{t: t, size: "T", costs: map[string]anomaly.Cost{}, estimates: map[string]session.Estimate{}}
	tips := t.w.Tips
	f.path = tips.NewEntry(words.T("A folder of good parts"), words.T("Type or paste a path and press Enter, or drop a folder on the window."))
	f.path.OnSubmitted = func(s string) { t.open(cleanPath(s)) }
	f.path.OnChanged = func(string) { f.refresh() }
	f.browse = tips.NewButton("", theme.FolderOpenIcon(), words.T("Choose a folder"), t.browse)
	f.found = widgets.NewCaption("")
	f.found.Elide = widgets.ElideEnd
	f.queue = newTrainQueue(t)
	sizes := widgets.Row(6)
	for _, s := range anomaly.Sizes {
		c := tips.NewChoice(words.T("Network size %s: %s", s.Name, sizeWords[s.Name][1]), func() { f.chooseSize(s.Name) })
		f.sizes = append(f.sizes, c)
		sizes.Add(c)
	}
	f.about, f.cost, f.inputIs = widgets.NewRemark(), widgets.NewCaption(""), widgets.NewCaption("")
	f.forecast = widgets.NewRemark()
	f.cost.Elide = widgets.ElideEnd
	f.input = tips.NewSelect(append([]string{automatic.String()}, inputs...), words.T("Side of the square of pixels that the network sees; “auto” decides by how parts lie. Larger finds smaller defects and takes longer. Elongated pictures keep their shape."), nil,
		func(string) { f.refresh() })
	f.budgets[0] = tips.NewChoice(words.T("Stop when the time is over; everything included."), func() { f.chooseBudget(false) })
	f.budgets[1] = tips.NewChoice(words.T("Stop after a number of training steps."), func() { f.chooseBudget(true) })
	f.amount = tips.NewEntry("", words.T("How long to train."))
	f.amount.OnChanged = func(string) { f.refresh() }
	f.unit = widgets.NewText(words.T("minutes"))
	f.seed = tips.NewEntry("0", words.T("The same seed gives the same recipe, bit for bit, when the budget is in steps."))
	f.seed.SetText("0")
	f.seed.OnChanged = func(string) { f.refresh() }
	f.out = tips.NewEntry("NAME.agur", words.T("The recipe file that will be written."))
	f.out.OnChanged = func(string) { f.refresh() }
	f.save = tips.NewButton("", theme.DocumentSaveIcon(), words.T("Choose the folder to save the recipe in"), f.browseOut)
	f.start = tips.NewButton(words.T("Start training"), theme.MediaPlayIcon(), "", f.askStart)
	f.start.Importance = widget.HighImportance
	f.resume = tips.NewButton(words.T("Resume"), theme.MediaReplayIcon(), words.T("Go on from the checkpoint beside the recipe file."), func() { t.start(true) })
	f.why = widgets.NewStyled(&widgets.Text{SizeName: theme.SizeNameCaptionText, ColorName: themes.ColorNameReview, Elide: widgets.ElideEnd})
	f.input.SetSelected(automatic.String())
	f.amount.SetText("5")
	f.compose(sizes)
	f.chooseSize("T")
	return f
}

func (f *trainForm) compose(sizes fyne.CanvasObject) {
	section := func(title string, objects ...fyne.CanvasObject) fyne.CanvasObject {
		return widgets.Rows(6, append([]fyne.CanvasObject{widgets.NewHeading(title)}, objects...)...)
	}
	line := func(label string, o fyne.CanvasObject) fyne.CanvasObject {
		return widgets.Row(8, widgets.Fixed(96, 0, widgets.NewText(label)), o)
	}
	fields := widgets.Rows(18,
		section(words.T("Good parts"), widgets.Dock(nil, nil, nil, widgets.Inset(f.browse, 0, 4), f.path), f.found, f.queue.check),
		section(words.T("Network"), sizes, f.about, line(words.T("Input side"), widgets.Row(8, widgets.Fixed(92, 0, f.input), f.inputIs)), f.cost),
		section(words.T("Budget"), widgets.Row(6, f.budgets[0], f.budgets[1], widgets.Fixed(84, 0, f.amount), f.unit), f.forecast),
		section(words.T("Save the recipe as"), widgets.Dock(nil, nil, nil, widgets.Inset(f.save, 0, 4), f.out), line(words.T("Seed"), widgets.Fixed(84, 0, f.seed))),
	)
	f.resumeBox = widgets.Inset(f.resume, 0, 4)
	foot := widgets.Rows(6, f.why, widgets.Dock(nil, nil, nil, f.resumeBox, f.start))
	f.root = widgets.Dock(widgets.Inset(widgets.NewTitle(words.T("Train a recipe")), 16, 16), widgets.Inset(foot, 12, 16), nil, nil,
		container.NewVScroll(widgets.Inset(fields, 4, 16)))
}

func (f *trainForm) chooseSize(name string) {
	f.size = name
	f.refresh()
}

func (f *trainForm) chooseBudget(steps bool) {
	if f.bySteps != steps {
		f.bySteps = steps
		f.amount.SetText("5")
		if steps {
			s, _ := anomaly.SizeByName(f.size)
			f.amount.SetText(fmt.Sprint(s.Steps))
		}
	}
	f.refresh()
}

// options reads the form; why says what is missing, "" for nothing.
func (f *trainForm) options() (o session.TrainOptions, why string) {
	o = session.TrainOptions{Size: f.size, Out: cleanPath(f.out.Text), Author: f.t.w.User(), Reason: f.reason}
	o.Queue = f.queue.recipe()
	o.Input, o.NoFixture, o.NoExposure = f.side(), f.t.pose.asIs, f.t.pose.asLit
	amount, isNumber := phrase.Number(f.amount.Text, "")
	seed, seedOK := f.seedValue()
	o.Seed = seed
	switch {
	case f.t.w.Session.Engine() == nil:
		return o, words.T("There is no engine: run “agurscope doctor” in a terminal.")
	case f.t.set == nil:
		return o, words.T("Choose a folder of good parts first.")
	case !f.opened():
		return o, words.T("Press Enter in the field of the folder: it is not open yet.")
	case len(f.t.set.Train()) < fewestGood:
		return o, words.T("%d good parts found; at least %d are needed.", len(f.t.set.Train()), fewestGood)
	case !isNumber || amount <= 0 || amount > 1e7:
		return o, words.T("The budget is not a number above 0.")
	case f.bySteps && amount != math.Trunc(amount):
		return o, words.T("The budget in steps is not a whole number.")
	case !seedOK:
		return o, words.T("The seed is not a whole number from 0 up.")
	case o.Out == "" || !strings.EqualFold(filepath.Ext(o.Out), ".agur"):
		return o, words.T("The recipe file must end in .agur.")
	}
	if f.bySteps {
		o.Steps = int(amount)
	} else {
		o.MaxTime = time.Duration(amount * float64(time.Minute))
	}
	return o, ""
}

// opened reports whether what was found is what the folder's field says: a wrong
// name would else train on the parts before.
func (f *trainForm) opened() bool {
	return f.t.set == nil || cleanPath(f.path.Text) == filepath.Clean(f.t.set.Root)
}

// side is the chosen side of the input; 0 leaves it to how parts lie.
func (f *trainForm) side() int {
	n, _ := strconv.Atoi(f.input.Selected)
	return n
}

const fewestGood = 5

func (f *trainForm) seedValue() (uint64, bool) {
	text := strings.TrimSpace(f.seed.Text)
	if text == "" {
		return 0, true
	}
	v, err := strconv.ParseUint(text, 10, 64)
	return v, err == nil
}

// refresh brings the words beside the fields up to date.
func (f *trainForm) refresh() {
	if f.root == nil || f.t.pose == nil {
		return
	}
	for i, s := range anomaly.Sizes {
		f.sizes[i].Set(sizeWords[s.Name][0].String(), s.Name == f.size)
	}
	f.about.Set(sizeWords[f.size][1].String())
	f.budgets[0].Set(words.T("Time"), !f.bySteps)
	f.budgets[1].Set(words.T("Steps"), f.bySteps)
	f.unit.Set(words.T("minutes"))
	if f.bySteps {
		s, _ := anomaly.SizeByName(f.size)
		f.unit.Set(words.T("steps of %d", s.Batch))
	}
	f.found.Set(words.T("Defects are not needed."))
	switch {
	case !f.opened():
		f.found.Set(words.T("Enter opens the folder."))
	case f.t.set != nil:
		f.found.Set(words.N(len(f.t.set.Train()), "%d good part found (%s)", "%d good parts found (%s)", f.t.set.Layout))
	}
	f.queue.refresh()
	f.t.pose.follow()
	f.refreshInput()
	f.refreshForecast()
	_, why := f.options()
	busy := f.t.running()
	if busy {
		why = ""
	}
	f.why.Set(why)
	f.start.SetEnabled(why == "" && !busy)
	f.start.Tip = why
	resumable := !busy && why == "" && exists(session.Checkpoint(cleanPath(f.out.Text)))
	if resumable {
		f.resumeBox.Show()
	} else {
		f.resumeBox.Hide()
	}
	for _, e := range []fyne.Disableable{f.path, f.browse, f.input, f.amount, f.seed, f.out, f.save} {
		if busy {
			e.Disable()
		} else {
			e.Enable()
		}
	}
}

// refreshInput says what the network will see and what it costs.
func (f *trainForm) refreshInput() {
	side, text := f.side(), ""
	if side == 0 {
		side, text = 128, words.T("by how parts lie")
		if f.size != "T" {
			side = 256
		}
	}
	w, h := side, side
	p := f.t.pose.proposal()
	switch picture := f.t.picture; {
	case p != nil && p.Fixture != nil:
		w, h = p.Width, p.Height
		text = words.T("%d × %d, upright", w, h)
	case p != nil:
		w, h = p.Width, p.Height
		text = words.T("%.0f × %.0f to %d × %d", picture.Width, picture.Height, w, h)
	case picture.Width > 0:
		w, h = anomaly.FitInput(int(picture.Width), int(picture.Height), side)
		if f.side() > 0 {
			text = words.T("%.0f × %.0f to %d × %d", picture.Width, picture.Height, w, h)
		}
	}
	f.inputIs.Set(text)
	key := fmt.Sprintf("%s %d %d", f.size, w, h)
	if c, ok := f.costs[key]; ok {
		f.cost.Set(words.T("%s parameters · %s multiply-adds per picture", phrase.Count(float64(c.Parameters)), phrase.Count(float64(c.MACs))))
		return
	}
	f.cost.Set("…")
	n := anomaly.Network{Size: f.size, Width: w, Height: h}
	f.t.w.Job(func(context.Context) {
		m, err := anomaly.NewModel(n, 0)
		if err != nil {
			return
		}
		c := m.Cost()
		f.t.w.OnUI(func() {
			if _, known := f.costs[key]; !known {
				f.costs[key] = c
				f.refreshInput()
			}
		})
	})
}

// suggestOut proposes a recipe file that is not there yet.
func (f *trainForm) suggestOut(set *datasets.Set) {
	dir := f.t.w.settings.text(keyTrainOut)
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			home = "."
		}
		dir = filepath.Join(home, "Agurscope")
	}
	base := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|#`, r) {
			return '-'
		}
		return r
	}, strings.TrimSuffix(filepath.Base(set.Root), filepath.Ext(set.Root)))
	path := filepath.Join(dir, base+".agur")
	for i := 2; exists(path) && i < 1000; i++ {
		path = filepath.Join(dir, fmt.Sprintf("%s-%d.agur", base, i))
	}
	f.out.SetPath(path)
}

// browseOut chooses the folder; the name is typed in the field. The toolkit's dialog
// for saving would empty a recipe that is chosen to be replaced, long before there is
// another.
func (f *trainForm) browseOut() {
	out := cleanPath(f.out.Text)
	f.t.w.askFolder(out, func(dir string) { f.useFolder(dir) })
}

// useFolder keeps the name of the recipe and saves it in another folder.
func (f *trainForm) useFolder(dir string) {
	name := "NAME.agur"
	if out := cleanPath(f.out.Text); out != "" {
		name = filepath.Base(out)
	}
	f.out.SetPath(filepath.Join(dir, name))
}

// askStart starts, after a question when a recipe would be replaced.
func (f *trainForm) askStart() {
	o, why := f.options()
	if why != "" {
		return
	}
	if !exists(o.Out) {
		f.t.start(false)
		return
	}
	reason := f.t.w.Tips.NewEntry(words.T("Why it is trained anew (may stay empty)"), "")
	text := words.T("%s is there already. It stays as it is until the new one is finished; then it is kept under another name, and the new one becomes its next version.", filepath.Base(o.Out))
	body := widgets.Fixed(440, 0, widgets.Rows(10, widgets.NewPara(text), reason))
	d := dialog.NewCustomConfirm(words.T("Replace the recipe?"), words.T("Train and replace"), words.T("Cancel"), body, func(yes bool) {
		if yes {
			f.reason = strings.TrimSpace(reason.Text)
			f.t.start(false)
		}
	}, f.t.w.Window)
	reason.OnSubmitted = func(string) { d.Confirm() }
	reason.OnEscape = d.Hide
	f.t.w.Dialog(d)
}
