package ui

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/desk"
	"agurscope/ui/phrase"
	"agurscope/ui/session"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// poseView is the section of the Train screen on how parts lie in the pictures:
// what a training would do about it, shown on examples, and the switches of a
// person who wants it otherwise. Its fields belong to Fyne's goroutine.
type poseView struct {
	t    *trainScreen
	root fyne.CanvasObject

	state    *widgets.Text
	again    *widgets.Button
	stop     *widgets.Button
	progress *fyne.Container
	bar      *widgets.Progress
	body     *fyne.Container
	upright  *widgets.Check
	even     *widgets.Check

	asIs, asLit bool // a person wants parts as they lie, brightness as it is
	none        bool // no fixture was found
	flat        bool // there is no brightness to even out

	job      *poseJob // nil: nobody is looking
	declined bool     // a person has stopped the looking
	wanted   poseKey  // what was looked for last
	known    map[poseKey]*session.Proposal
	now      *session.Proposal // on show, and what it was looked for; nil before the first
	at       poseKey
	err      error

	events desk.Latest
	work   sync.Mutex // held while looking: a cancelled look ends before the next begins
}

// poseKey is what a proposal depends on besides the set. The seed only chooses
// which four of five good parts are looked at.
type poseKey struct {
	size        string
	input       int
	asIs, asLit bool
}

// poseJob is one look under way.
type poseJob struct{ cancel context.CancelFunc }

const poseColumns = 6

func newPoseView(t *trainScreen) *poseView {
	v := &poseView{t: t, events: desk.Latest{Thread: t.w.Thread}}
	tips := t.w.Tips
	v.state = widgets.NewCaption("")
	v.again = tips.NewFlatButton(words.T("Look at the parts"), theme.SearchIcon(), words.T("Find out from the good parts how they lie, and show what training would do about it."), v.look)
	v.stop = tips.NewFlatButton(words.T("Cancel"), theme.CancelIcon(), words.T("Stop looking. Training looks by itself."), v.decline)
	v.bar = widgets.NewProgress()
	v.progress = container.NewStack(widgets.Fixed(0, 5, v.bar))
	v.upright = tips.NewCheck(words.T("Put parts upright"), "", func(on bool) { v.asIs = !on; v.switched() })
	v.even = tips.NewCheck(words.T("Even out brightness"), "", func(on bool) { v.asLit = !on; v.switched() })
	v.body = widgets.Rows(10)
	head := widgets.Row(8, widgets.NewHeading(words.T("How parts lie")), widgets.NewSpring(nil), v.state, v.again, v.stop)
	v.root = widgets.NewCard(widgets.Rows(8, widgets.Fixed(0, 28, head), v.progress, widgets.Row(18, v.upright, v.even), v.body))
	v.refresh()
	return v
}

// reset begins with another set.
func (v *poseView) reset() {
	v.cancel()
	v.asIs, v.asLit, v.none, v.flat, v.declined = false, false, false, false, false
	v.known, v.now, v.err = map[poseKey]*session.Proposal{}, nil, nil
	v.refresh()
}

// key is what the form asks for.
func (v *poseView) key() poseKey {
	return poseKey{v.t.form.size, v.t.form.side(), v.asIs, v.asLit}
}

// proposal is the one for what the form asks for, nil while it is not known.
func (v *poseView) proposal() *session.Proposal { return v.known[v.key()] }

// few reports whether there is too little to look at.
func (v *poseView) few() bool { return v.t.set == nil || len(v.t.set.Train()) < fewestGood }

// begin looks unless that has happened or a person did not want it.
func (v *poseView) begin() {
	if v.now == nil && v.err == nil && v.job == nil && !v.declined && !v.few() && !v.t.running() {
		v.look()
	}
}

// follow looks again when the form asks for something else.
func (v *poseView) follow() {
	if (v.now == nil && v.job == nil) || v.key() == v.wanted || v.t.running() {
		return
	}
	v.look()
}

func (v *poseView) switched() {
	v.t.form.refresh() // follows
	v.refresh()
}

// look finds out, away from Fyne's goroutine.
func (v *poseView) look() {
	if v.few() || v.t.running() {
		return
	}
	v.cancel()
	v.wanted, v.err, v.declined = v.key(), nil, false
	if p := v.proposal(); p != nil {
		v.looked(v.wanted, p)
		return
	}
	ctx, cancel := context.WithCancel(v.t.w.Context())
	job := &poseJob{cancel}
	v.job = job
	v.state.Set(words.T("Reading…"))
	v.bar.SetValue(0)
	seed, _ := v.t.form.seedValue()
	key, set := v.wanted, v.t.set
	o := session.TrainOptions{Size: key.size, Input: key.input, Seed: seed, NoFixture: key.asIs, NoExposure: key.asLit}
	v.t.w.Job(func(context.Context) {
		defer cancel()
		v.work.Lock()
		defer v.work.Unlock()
		var p *session.Proposal
		err := ctx.Err()
		if err == nil {
			p, err = v.t.w.Session.Propose(ctx, set, o, func(e session.TrainEvent) {
				v.events.PostLatest(func() { v.tell(job, e) })
			})
		}
		v.t.w.OnUI(func() {
			if v.job != job {
				return
			}
			v.job = nil
			switch {
			case isCancel(err):
				v.refresh()
			case err != nil:
				v.err = err
				v.refresh()
			default:
				v.known[key] = p
				v.looked(key, p)
			}
		})
	})
	v.refresh()
}

// tell shows how far the looking is.
func (v *poseView) tell(job *poseJob, e session.TrainEvent) {
	if v.job != job {
		return
	}
	share := float64(e.Done) / float64(max(e.Total, 1))
	switch {
	case e.Stage == session.Reading:
		v.state.Set(words.T("Preparing examples…"))
		v.bar.SetValue(.8 + .2*share)
	case e.Done == e.Total:
		v.state.Set(words.T("Comparing the parts…"))
		v.bar.SetValue(.5)
	default:
		v.state.Set(words.T("Reading good parts: %d of %d", e.Done, e.Total))
		v.bar.SetValue(.5 * share)
	}
}

// looked takes a proposal.
func (v *poseView) looked(key poseKey, p *session.Proposal) {
	v.now, v.at = p, key
	if !key.asIs {
		v.none = p.Fixture == nil
	}
	if !key.asLit {
		v.flat = !p.Evens()
	}
	v.t.form.refresh()
	v.refresh()
}

// decline ends the looking as a person's wish.
func (v *poseView) decline() {
	v.declined = true
	v.cancel()
	v.refresh()
}

// cancel ends the looking.
func (v *poseView) cancel() {
	if v.job != nil {
		v.job.cancel()
		v.job = nil
	}
}

// refresh shows what is known.
func (v *poseView) refresh() {
	looking := v.job != nil
	set := func(o fyne.CanvasObject, on bool) {
		if on {
			o.Show()
		} else {
			o.Hide()
		}
	}
	set(v.state, looking)
	set(v.stop, looking)
	set(v.progress, looking)
	set(v.again, !looking && !v.few() && (v.err != nil || v.proposal() == nil))
	v.again.SetText(words.T("Look at the parts"))
	if v.err != nil {
		v.again.SetText(words.T("Look again"))
	}
	v.upright.Set(!v.asIs && !v.none, !v.few() && (v.asIs || !v.none))
	v.even.Set(!v.asLit && !v.flat, !v.few() && (v.asLit || !v.flat))
	v.upright.Tip = words.T("Find each part, turn it the same way up and cut it out before it is looked at. In training and in every inspection with the recipe.")
	if v.none && !v.asIs {
		v.upright.Tip = words.T("There is nothing to put upright in these pictures; the reason is said above.")
	}
	v.even.Tip = words.T("Bring every picture to the brightness of the good parts, so that a weaker lamp is not taken for damage.")
	if v.flat && !v.asLit {
		v.even.Tip = words.T("These pictures are too dark to tell their brightness.")
	}
	v.body.Objects = v.content()
	v.body.Refresh()
	v.root.Refresh()
}

// content is what stands between head and switches.
func (v *poseView) content() []fyne.CanvasObject {
	switch {
	case v.err != nil:
		_, body := phrase.Problem(v.err)
		a := widgets.NewAside(themes.ColorNameNGFill)
		a.Set(body)
		return []fyne.CanvasObject{a}
	case v.now != nil:
		return v.shown(v.now)
	case v.few():
		return []fyne.CanvasObject{widgets.NewPara(words.T("At least %d good parts are needed to see how they lie.", fewestGood))}
	case v.job != nil:
		return []fyne.CanvasObject{widgets.NewPara(words.T("Looking whether all parts lie alike, and whether they can be put upright if they do not. You can start training meanwhile."))}
	}
	return []fyne.CanvasObject{widgets.NewPara(words.T("Parts that lie anyhow are put upright before they are looked at. Look at the parts to see what that makes of them; training does it in any case."))}
}

// shown is a proposal: what is done, what it is worth, and examples.
func (v *poseView) shown(p *session.Proposal) []fyne.CanvasObject {
	head, detail := poseWords(p, v.at.asIs)
	out := []fyne.CanvasObject{widgets.NewPara(head)}
	if detail != "" {
		d := widgets.NewAside(theme.ColorNameSeparator)
		d.Set(detail)
		out = append(out, d)
	}
	upright := fmt.Sprint(p.Parts)
	if p.Fixture != nil {
		upright = words.T("%d of %d", p.Parts-p.Doubtful, p.Parts)
	}
	blocks := container.NewGridWithColumns(3,
		v.t.w.Tips.Over(block(words.Write("R² %.2f", p.Alike), words.T("explained by position")),
			words.T("Share of the variance among good parts, as the network sees them, that position explains: 1 would be parts that look the same everywhere. From 0.3 on parts are looked at as wholes; the higher, the smaller the damage that stands out.")),
		v.t.w.Tips.Over(block(upright, uprightWords(p)), words.T("Parts that cannot be put upright are left out of the training. At inspection such a part is REVIEW.")),
		v.t.w.Tips.Over(block(fmt.Sprintf("%d × %d", p.Width, p.Height), inputWords(p)), words.T("Pixels that the network sees of a part. Choose another input side on the left.")),
	)
	return append(out, blocks, v.strip(p))
}

func uprightWords(p *session.Proposal) string {
	if p.Fixture == nil {
		return words.T("good parts looked at")
	}
	return words.T("good parts put upright")
}

func inputWords(p *session.Proposal) string {
	if p.Crop > 0 {
		return words.T("network input, learnt in windows of %d", p.Crop)
	}
	return words.T("network input")
}

// poseWords says what is done with how parts lie, and why.
func poseWords(p *session.Proposal, asked bool) (head, detail string) {
	why := p.Why
	for _, s := range []string{"On: ", "Off: "} {
		why = strings.TrimPrefix(why, s)
	}
	why = phrase.Sentence(why)
	switch f := p.Fixture; {
	case f != nil && f.Flip:
		return words.T("On: parts lie in different places and rotations, and on either side. Each is found, turned the same way up and mirrored where needed."), why
	case f != nil && f.Turn:
		return words.T("On: parts lie in different places and rotations. Each is found and turned the same way up."), why
	case f != nil:
		return words.T("On: parts lie in different places. Each is found and brought to the same place."), why
	case asked:
		return words.T("Off, as you wish: parts are looked at as they lie."), ""
	case p.Alike >= alike:
		return words.T("Off: parts already lie alike."), why
	}
	return words.T("Off: parts are looked at as they lie."), why
}

// alike is the share explained by position from which parts can be said to lie
// alike.
const alike = .5

// strip shows examples as they lie and below as the network sees them.
func (v *poseView) strip(p *session.Proposal) fyne.CanvasObject {
	const side = 104
	before, after := container.NewGridWithColumns(poseColumns), container.NewGridWithColumns(poseColumns)
	for i := range poseColumns {
		a, b := widgets.NewFramed(side), widgets.NewFramed(side)
		if i >= len(p.Examples) {
			before.Add(widgets.Fixed(0, side, widgets.NewSpring(nil)))
			after.Add(widgets.NewSpring(nil))
			continue
		}
		e := p.Examples[i]
		a.Set(e.Picture, e.Outline)
		b.Set(e.Seen, nil)
		before.Add(v.t.w.Tips.Over(a, e.Name))
		tip, o := "", fyne.CanvasObject(b)
		if e.Doubt != nil {
			tip = phrase.Sentence(strings.TrimPrefix(e.Doubt.Error(), "locate part: "))
			mark := widget.NewIcon(themes.VerdictIcon("REVIEW"))
			o = container.NewStack(b, container.NewBorder(nil, nil, nil, container.NewBorder(widgets.Inset(widgets.Fixed(20, 20, mark), 4, 4), nil, nil, nil)))
		}
		after.Add(v.t.w.Tips.Over(o, tip))
	}
	lie := words.T("Good parts as they lie")
	if p.Fixture != nil {
		lie += "; " + words.T("the frame is what is cut out, its bold side is up")
	}
	return widgets.Rows(5, widgets.NewCaption(lie), before, widgets.NewCaption(words.T("As the network will see them")), after)
}
