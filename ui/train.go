package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"agurscope/assets/words"
	"agurscope/datasets"
	"agurscope/nn/anomaly"
	"agurscope/ui/calibrate"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/thumb"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// trainScreen is where the program learns a part from good pictures. Its fields
// belong to Fyne's goroutine.
type trainScreen struct {
	desk.Quiet
	w     *Window
	all   fyne.CanvasObject
	right *fyne.Container
	form  *trainForm
	live  *trainLive
	pose  *poseView

	set     *datasets.Set // what is to be learnt from
	picture fyne.Size     // extent of its first picture, 0 while unknown
	opening int           // counts openings: only the newest counts
	job     *trainJob     // nil: nothing under way
	events  *eventBatch
	result  *session.TrainResult
	stopped string // what to say of a training that was stopped

	worst      *thumb.Thumbs // pictures of the worst-scored good parts
	worstSeen  desk.Latest
	worstTiles []*worstTile
}

// trainJob is one training under way.
type trainJob struct {
	cancel  context.CancelFunc
	options session.TrainOptions
	pause   *pauser
	paused  time.Time // when the pause began
	ending  bool      // cancel was asked for
}

func newTrainScreen(w *Window) *trainScreen {
	t := &trainScreen{w: w, right: container.NewStack()}
	t.events = &eventBatch{flush: desk.Latest{Thread: w.Thread, Gap: 250 * time.Millisecond}}
	t.worstSeen.Thread = w.Thread
	t.worst = thumb.New(func(int) { t.worstSeen.PostLatest(t.fillWorst) })
	w.Job(t.worst.Run)
	t.form = newTrainForm(t)
	t.pose = newPoseView(t)
	t.live = newTrainLive(t)
	side := widgets.NewPanel(widgets.Fixed(376, 0, t.form.root))
	t.all = widgets.Dock(nil, nil, widgets.Dock(nil, nil, nil, widgets.NewRule(), side), nil, t.right)
	t.refresh()
	return t
}

func (t *trainScreen) Title() string              { return trainTitle }
func (t *trainScreen) Content() fyne.CanvasObject { return t.all }
func (t *trainScreen) running() bool              { return t.job != nil }

func (t *trainScreen) Show() {
	t.form.refresh()
	t.refresh()
	t.pose.begin()
}

// Key implements desk.Screen: the space bar pauses.
func (t *trainScreen) Key(name fyne.KeyName) bool {
	if name == fyne.KeySpace && t.running() {
		t.hold()
		return true
	}
	return false
}

func (t *trainScreen) Drop(paths []string) {
	if !t.running() {
		t.open(paths[0])
	}
}

// suggest takes the set of the inspection screen, unless another was chosen.
func (t *trainScreen) suggest(set *datasets.Set) {
	if t.set != nil || t.running() || len(set.Train()) == 0 {
		return
	}
	t.opened(set)
}

// open reads what a folder holds.
func (t *trainScreen) open(path string) {
	t.opening++
	mine := t.opening
	t.w.status.say(words.T("Reading %s…", path))
	t.w.Job(func(context.Context) {
		set, err := datasets.Open(path)
		t.w.OnUI(func() {
			if mine != t.opening {
				return
			}
			t.w.status.say("")
			var choice *datasets.ChoiceError
			switch {
			case errors.As(err, &choice):
				t.w.askChoice(choice, t.open)
			case err != nil:
				t.w.Report(&session.Problem{Op: "open the folder", Err: err})
			default:
				t.w.settle()
				t.opened(set)
			}
		})
	})
}

func (t *trainScreen) opened(set *datasets.Set) {
	t.set, t.result, t.stopped, t.picture = set, nil, "", fyne.Size{}
	t.form.path.SetPath(set.Root)
	t.pose.reset()
	t.form.suggestOut(set)
	t.form.refresh()
	t.refresh()
	t.measure(set)
	// Not while nobody looks: it takes processors from what is inspected.
	if t.w.on(trainTitle) {
		t.pose.begin()
	}
}

// measure looks at one picture, to say what the input will be.
func (t *trainScreen) measure(set *datasets.Set) {
	items := set.Train()
	if len(items) == 0 {
		return
	}
	t.w.Job(func(context.Context) {
		f, err := items[0].Load()
		if err != nil {
			return
		}
		b := f.Image.Bounds()
		t.w.OnUI(func() {
			if t.set == set {
				t.picture = fyne.NewSize(float32(b.Dx()), float32(b.Dy()))
				t.form.refresh()
			}
		})
	})
}

// start begins, or goes on from the checkpoint.
func (t *trainScreen) start(resume bool) {
	o, why := t.form.options()
	if why != "" || t.running() {
		return
	}
	o.Resume = resume
	t.pose.cancel()
	ctx, cancel := context.WithCancel(t.w.Context())
	job := &trainJob{cancel: cancel, pause: &pauser{}}
	o.Hold = func(ctx context.Context) time.Duration {
		since := time.Now()
		job.pause.wait(ctx)
		return time.Since(since)
	}
	job.options = o
	t.job, t.result, t.stopped = job, nil, ""
	t.live.begin(o)
	t.form.refresh()
	t.refresh()
	t.w.settle()
	set := t.set
	t.w.Job(func(context.Context) {
		defer cancel()
		res, err := t.w.Session.Train(ctx, set, o, func(e session.TrainEvent) { t.events.add(e, t.live.take) })
		t.w.OnUI(func() {
			t.live.take(t.events.taken())
			t.ended(job, res, err)
		})
	})
}

// hold pauses the training between two steps, or goes on with it.
func (t *trainScreen) hold() {
	j := t.job
	if j == nil || t.live.pause.Disabled() {
		return
	}
	on := !j.pause.on()
	if on {
		j.paused = time.Now()
	} else {
		t.live.began = t.live.began.Add(time.Since(j.paused))
	}
	j.pause.set(on)
	t.live.held(on)
}

// cancel ends the training; its checkpoint is kept.
func (t *trainScreen) cancel() {
	if t.job != nil {
		t.job.ending = true
		t.job.cancel()
		t.job.pause.set(false)
		t.live.ending()
	}
}

// ended shows what became of the training.
func (t *trainScreen) ended(job *trainJob, res *session.TrainResult, err error) {
	t.job = nil
	switch {
	case err == nil:
		t.result = res
		t.w.settings.addRecent(keyRecipes, res.Recipe.Path)
		t.w.settings.setText(keyTrainOut, filepath.Dir(res.Recipe.Path))
		t.w.status.say(words.T("Trained %s.", res.Recipe.Name))
	case isCancel(err) && exists(session.Checkpoint(job.options.Out)):
		t.stopped = words.T("Stopped at step %d. The checkpoint is kept, so that you can go on from there.", t.live.step)
	case isCancel(err):
		t.stopped = words.T("Stopped before the first step. Nothing was kept.")
	default:
		t.w.ReportOf(trainTitle, err)
	}
	t.form.refresh()
	t.pose.refresh()
	t.refresh()
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// discard removes the checkpoint of a stopped training.
func (t *trainScreen) discard() {
	path := session.Checkpoint(cleanPath(t.form.out.Text))
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		t.w.Report(&session.Problem{Op: "remove the checkpoint", Err: err})
		return
	}
	t.stopped = ""
	t.form.refresh()
	t.refresh()
}

// refresh shows what belongs on the right side.
func (t *trainScreen) refresh() {
	var o fyne.CanvasObject
	switch {
	case t.running():
		o = t.live.root
	case t.result != nil:
		o = t.resultView()
	case t.stopped != "":
		o = t.stoppedView()
	case t.set != nil:
		o = t.reportView()
	default:
		b := t.w.Tips.NewButton(words.T("Choose a folder…"), theme.FolderOpenIcon(), "", t.browse)
		b.Importance = widget.HighImportance
		o = widgets.NewEmpty(icon("train", svgTrain), words.T("Learn a part from good pictures"),
			words.T("Choose a folder with pictures of good parts, or drop one here. Twenty or more make a usable start; defects are not needed."), b)
	}
	t.right.Objects = []fyne.CanvasObject{o}
	t.right.Refresh()
}

func (t *trainScreen) browse() { t.w.askFolder(t.form.path.Text, t.open) }

func (t *trainScreen) stoppedView() fyne.CanvasObject {
	tips := t.w.Tips
	resume := tips.NewButton(words.T("Go on"), theme.MediaPlayIcon(), words.T("Go on from the checkpoint with the same settings."), func() { t.start(true) })
	resume.Importance = widget.HighImportance
	drop := tips.NewButton(words.T("Discard"), theme.DeleteIcon(), words.T("Remove the checkpoint."), t.discard)
	if !exists(session.Checkpoint(cleanPath(t.form.out.Text))) {
		return widgets.NewEmpty(theme.MediaStopIcon(), words.T("Training stopped"), t.stopped)
	}
	return widgets.NewEmpty(theme.MediaPauseIcon(), words.T("Training stopped"), t.stopped, resume, drop)
}

// reportView says what goes where before anything is trained.
func (t *trainScreen) reportView() fyne.CanvasObject {
	r := t.set.Report
	rows := widgets.Rows(7)
	columns := []float32{4, 1, 4}
	head := widgets.Columns(columns, widgets.NewCaption(words.T("pictures")), widgets.NewStyled(&widgets.Text{Text: words.T("number"), SizeName: theme.SizeNameCaptionText, ColorName: theme.ColorNamePlaceHolder, Align: fyne.TextAlignTrailing}), widgets.NewCaption("     "+words.T("used for")))
	rows.Add(head)
	for _, g := range r.Groups {
		what := widgets.NewStyled(&widgets.Text{Text: g.What, Elide: widgets.ElideMiddle})
		n := widgets.NewStyled(&widgets.Text{Text: fmt.Sprint(g.Count), Align: fyne.TextAlignTrailing, Style: fyne.TextStyle{Bold: true}})
		goes := widgets.NewStyled(&widgets.Text{Text: "    " + words.Retold(g.Goes), Elide: widgets.ElideEnd})
		rows.Add(widgets.Columns(columns, what, n, goes))
	}
	title := widgets.NewTitle(words.T("What was found"))
	sub := widgets.NewCaption(words.T("%s · recognised as: %s", t.set.Root, r.Layout))
	sub.Elide = widgets.ElideMiddle
	body := widgets.Rows(14, widgets.Rows(4, title, sub), widgets.NewCard(rows))
	if n := len(r.LeftOut); n > 0 {
		body.Add(t.leftOut(n))
	}
	body.Add(t.pose.root)
	body.Add(widgets.NewCard(t.plan()))
	return container.NewVScroll(widgets.Inset(body, 20, 24))
}

// plan says how the good parts are divided.
func (t *trainScreen) plan() fyne.CanvasObject {
	good := t.set.Train()
	seed, _ := t.form.seedValue()
	train, held := datasets.Split(good, seed, datasets.DefaultShare)
	text := widgets.NewPara(words.T(
		"Of %d good parts, %d teach the network and %d are kept back: it never sees them, and the thresholds come from how it judges them. Defective parts are used for nothing but your own checking.",
		len(good), len(train), len(held)))
	return widgets.Rows(6, widgets.NewHeading(words.T("How they are used")), text)
}

const mostLeftOut = 200

// leftOut lists the files that were not taken, with the reasons.
func (t *trainScreen) leftOut(n int) fyne.CanvasObject {
	var b strings.Builder
	for i, l := range t.set.Report.LeftOut {
		if i == mostLeftOut {
			fmt.Fprintf(&b, words.T("and %d more"), n-i)
			break
		}
		fmt.Fprintf(&b, "%s: %s\n", l.Path, words.Retold(l.Reason))
	}
	text := widget.NewLabel(strings.TrimSpace(b.String()))
	text.Wrapping = fyne.TextWrapWord
	item := widget.NewAccordionItem(words.N(n, "%d file left out, and why", "%d files left out, and why"), text)
	return widget.NewAccordion(item)
}

// resultView is the page of a finished training.
func (t *trainScreen) resultView() fyne.CanvasObject {
	r, c := t.result.Recipe, t.result.Recipe.Calibration
	hist := widgets.NewHistogram(words.T("score of the good parts that were kept back"), words.T("parts"), words.T("No scores"))
	hist.Set(c.Scores, widgets.Mark{At: c.Review, Text: words.T("review %s", phrase.Figure(c.Review)), Ink: reviewInk}, widgets.Mark{At: c.Reject, Text: words.T("reject %s", phrase.Figure(c.Reject)), Ink: rejectInk})
	inspect := t.w.Tips.NewButton(words.T("Inspect with this recipe"), theme.NavigateNextIcon(), words.T("Opens the recipe on the Inspect screen."), t.inspectWith)
	inspect.Importance = widget.HighImportance
	again := t.w.Tips.NewButton(words.T("Train another"), theme.ViewRefreshIcon(), words.T("Back to the settings; the recipe is saved."), func() {
		t.result = nil
		t.form.suggestOut(t.set)
		t.form.refresh()
		t.refresh()
		t.pose.begin()
	})
	where := widgets.NewCaption(r.Path)
	where.Elide = widgets.ElideMiddle
	blocks := container.NewGridWithColumns(5,
		block(fmt.Sprint(r.Training.Images), words.T("good parts learnt")),
		block(fmt.Sprint(c.Normals), words.T("good parts kept back")),
		block(fmt.Sprintf("%.0f %%", 100*c.FalseRejectRate), words.T("wished false rejects")),
		block(fmt.Sprint(t.result.Summary.Steps), words.T("steps")),
		block(phrase.Clock(time.Duration(t.result.Summary.Seconds*float64(time.Second))), words.T("training time")),
	)
	head := widgets.Rows(4, widgets.NewTitle(words.T("%s is ready", r.Name)), where, widgets.NewCaption(preparedWords(r.Preparation)))
	if how := t.result.Summary.Words(); how != "" {
		head.Add(widgets.NewCaption(words.T("Training: %s.", how)))
	}
	few := widgets.NewAside(reviewInk)
	if s, err := anomaly.SizeByName(r.Model.Network.Size); err == nil && t.result.Summary.Steps*s.Batch < r.Training.Images {
		few.Set(words.N(t.result.Summary.Steps, "Only %d step fitted into the time: the network has not seen every good part once. Train longer.", "Only %d steps fitted into the time: the network has not seen every good part once. Train longer."))
	}
	body := widgets.Rows(14, head, few, widgets.NewCard(blocks),
		widgets.NewCard(widgets.Rows(6, widgets.NewHeading(words.T("Thresholds from good parts")), widgets.Fixed(0, 230, hist), t.resultNote(c))))
	if t.result.Kept != "" {
		body.Add(t.replacedView())
	}
	if len(t.result.Worst) > 0 {
		body.Add(t.worstView())
	}
	if n := len(t.result.Skipped); n > 0 {
		var b strings.Builder
		for _, e := range t.result.Skipped[:min(n, mostLeftOut)] {
			fmt.Fprintln(&b, words.Retold(e.Error()))
		}
		text := widget.NewLabel(strings.TrimSpace(b.String()))
		text.Wrapping = fyne.TextWrapWord
		body.Add(widget.NewAccordion(widget.NewAccordionItem(words.N(n, "%d file skipped, and why", "%d files skipped, and why"), text)))
	}
	tune := t.w.Tips.NewButton(words.T("Calibrate it"), theme.NavigateNextIcon(), words.T("Opens the recipe and sets its thresholds on the scores of good and defective parts."), func() {
		t.openResult(func() {
			if t.w.on(inspectTitle) { // nobody has gone elsewhere meanwhile
				t.w.GoTo(calibrate.Title)
			}
		})
	})
	head.Add(widgets.Inset(widgets.Row(8, inspect, tune, again), 8, 0))
	return container.NewVScroll(widgets.Inset(body, 20, 24))
}

func (t *trainScreen) resultNote(c *anomaly.Calibration) fyne.CanvasObject {
	s := words.T("Parts to the right of reject are NG, between review and reject a person decides.") + " "
	if len(c.Notes) > 0 {
		s += phrase.Sentence(strings.Join(c.Notes, ". "))
	}
	return widgets.NewPara(strings.TrimSpace(s))
}

// preparedWords says what happens to pictures before the network sees them.
func preparedWords(p anomaly.Preparation) string {
	upright, even := p.Fixture != nil, p.Exposure != anomaly.Preparation{}.Exposure
	switch {
	case upright && even:
		return words.T("Before the network sees a part, it is put upright and its brightness evened out.")
	case upright:
		return words.T("Before the network sees a part, it is put upright.")
	case even:
		return words.T("Before the network sees a part, its brightness is evened out.")
	}
	return words.T("The network sees parts as they lie and as they are lit.")
}

func (t *trainScreen) inspectWith() { t.openResult(func() {}) }

// openResult opens the new recipe, and its set where another or none is open.
func (t *trainScreen) openResult(then func()) { t.openOn("", then) }

// openOn opens the new recipe on a set, its own unless one is given.
func (t *trainScreen) openOn(set string, then func()) {
	if set == "" && t.set != nil {
		set = t.set.Root
	}
	if now := t.w.Session.Set(); now != nil && now.Root == set {
		set = ""
	}
	t.w.GoTo(inspectTitle)
	t.w.inspect.openThen(set, t.result.Recipe.Path, then)
}

// block is a figure with its caption.
func block(value, what string) *fyne.Container {
	v := widgets.NewStyled(&widgets.Text{Text: value, SizeName: theme.SizeNameHeadingText, Style: fyne.TextStyle{Bold: true}})
	k := widgets.NewCaption(what)
	k.Elide = widgets.ElideEnd
	return widgets.Rows(1, v, k)
}

// eventBatch carries progress from the training's goroutine: losses are
// gathered, of everything else the newest counts.
type eventBatch struct {
	flush desk.Latest
	mu    sync.Mutex
	now   progress
}

// progress is what happened since it was taken last.
type progress struct {
	last   session.TrainEvent
	any    bool
	losses []widgets.Point
	held   []widgets.Point
	look   *look
}

func (b *eventBatch) add(e session.TrainEvent, take func(progress)) {
	l := newLook(e.Progress)
	b.mu.Lock()
	b.now.last, b.now.any = e, true
	if e.Stage == session.Training && e.Step > 0 {
		b.now.losses = append(b.now.losses, widgets.Point{X: float64(e.Step), Y: e.Loss})
		if e.Held > 0 {
			b.now.held = append(b.now.held, widgets.Point{X: float64(e.Step), Y: e.Held})
		}
	}
	if l != nil {
		b.now.look = l
	}
	b.mu.Unlock()
	b.flush.PostLatest(func() { take(b.taken()) })
}

func (b *eventBatch) taken() progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.now
	b.now = progress{}
	return out
}
