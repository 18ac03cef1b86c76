package ui

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"agurscope/assets/words"
	"agurscope/themes"
	"agurscope/ui/line"
	"agurscope/ui/phrase"
	"agurscope/ui/station"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// lineDialog shows the peers of the line, how each is doing and what helps, for
// as long as it is open.
type lineDialog struct {
	d     dialog.Dialog
	told  *widgets.Text
	why   *widgets.Aside
	peers []*peerRow
	fit   fyne.Size
}

// peerRow is one peer: a shape and a word for its state, and what helps.
type peerRow struct {
	root  fyne.CanvasObject
	icon  *widget.Icon
	state *widgets.Text
	help  *widgets.Aside
}

// lineWidth is the dialog's.
const lineWidth = 600

// showLine opens the dialog, or says how a line is had.
func (w *Window) showLine() {
	l := w.Session.Line()
	if l == nil {
		w.explainLine()
		return
	}
	c, peers := l.Condition(), l.Status()
	p := &lineDialog{told: widgets.NewText(""), why: widgets.NewAside(themes.ColorNameReviewFill)}
	rows := widgets.Rows(10, widgets.Rows(4, p.told, p.why))
	for _, s := range peers {
		r := newPeerRow(s)
		p.peers = append(p.peers, r)
		rows.Add(widgets.NewRule())
		rows.Add(r.root)
	}
	from := widgets.NewCaption(words.T("From %s. A change of it applies when the program starts again.", l.File()))
	from.Elide = widgets.ElideMiddle
	rows.Add(widgets.NewRule())
	rows.Add(widgets.Inset(from, 4, 0))
	check := w.Tips.NewButton(words.T("Check now"), theme.ViewRefreshIcon(), "", func() {
		l.Retry()
		// A peer that is there answers at once.
		time.AfterFunc(300*time.Millisecond, func() { w.OnUI(func() { w.setLine(l.Condition(), l.Status()) }) })
	})
	d := dialog.NewCustomWithoutButtons(words.T("The line"), widgets.Fixed(lineWidth, 0, rows), w.Window)
	shut := w.Tips.NewButton(words.T("Close"), nil, "", d.Hide)
	d.SetButtons([]fyne.CanvasObject{check, shut})
	p.d = d
	p.set(c, peers)
	w.line = p
	w.Dialog(d)
}

// set brings the dialog up to date.
func (p *lineDialog) set(c line.Condition, peers []line.Status) {
	p.told.Set(words.T("The line is told: %s is %s.", c.Station, lineState(c.State)))
	p.why.Set(phrase.Sentence(c.Reason))
	for i, s := range peers {
		p.peers[i].set(s)
	}
	if fit := p.d.MinSize(); fit != p.fit { // remarks come and go
		p.fit = fit
		p.d.Resize(fit)
	}
}

func newPeerRow(s line.Status) *peerRow {
	r := &peerRow{icon: widget.NewIcon(nil), state: widgets.NewCaption(""), help: widgets.NewAside(themes.ColorNameReviewFill)}
	name := widgets.NewStyled(&widgets.Text{Text: phrase.UpperFirst(words.Retold(s.Peer)), Style: fyne.TextStyle{Bold: true}, Elide: widgets.ElideMiddle})
	r.state.Elide = widgets.ElideEnd
	r.root = widgets.Dock(nil, nil, widgets.Inset(widgets.Rows(0, widgets.Fixed(20, 20, r.icon)), 2, 6), nil,
		widgets.Rows(3, name, r.state, r.help))
	return r
}

func (r *peerRow) set(s line.Status) {
	icon, ink := theme.ConfirmIcon(), themes.ColorNameOK
	switch {
	case s.Problem != "":
		icon, ink = theme.WarningIcon(), themes.ColorNameReview
	case !s.Connected && s.Listens:
		icon, ink = theme.MediaPauseIcon(), themes.ColorNameMuted
	case !s.Connected:
		icon, ink = theme.ViewRefreshIcon(), themes.ColorNameMuted
	}
	r.icon.SetResource(theme.NewColoredResource(icon, ink))
	r.state.Set(peerState(s))
	help := ""
	if s.Problem != "" {
		help = phrase.Sentence(s.Problem) + "\n" + peerRemedy(s.Kind)
	}
	r.help.Set(help)
}

// peerState is how a peer is doing in a few words.
func peerState(s line.Status) string {
	clock := func(t time.Time) string { return t.Format("15:04:05") }
	switch {
	case s.Problem != "" && s.Waiting:
		return words.T("Not reached since %s, last tried at %s; verdicts wait for it in the history.", clock(s.Since), clock(s.Tried))
	case s.Problem != "":
		return words.T("Not reached since %s, last tried at %s.", clock(s.Since), clock(s.Tried))
	case s.Connected && s.Last > 0:
		return words.T("Connected; it has the verdicts up to number %d.", s.Last)
	case s.Connected:
		return words.T("Connected.")
	case s.Listens:
		return words.T("Open; nobody is connected now.")
	}
	return words.T("Connecting…")
}

// peerRemedy is what most often helps when a peer of this kind is not reached.
func peerRemedy(kind string) string {
	switch kind {
	case "mqtt":
		return words.T("See that the broker runs, and that its address, user and password file are right.")
	case "webhook":
		return words.T("See that the address is right and that its server accepts the verdict; the ones behind it wait.")
	case "folder":
		return words.T("See that the folder is there and may be written, such as a network share that must be mounted.")
	}
	return words.T("See that the network of this station works.")
}

// lineState is a state of the station as people say it.
func lineState(s line.State) string {
	switch s {
	case line.Inspecting:
		return words.T("inspecting")
	case line.Fault:
		return words.T("not able to inspect")
	case line.Offline:
		return words.T("offline")
	}
	return words.T("idle")
}

// explainLine says how a station gets a line, and begins its file.
func (w *Window) explainLine() {
	store := w.Session.Store()
	if store == nil {
		w.Say(words.T("Without a history nothing can be told: start with --db."))
		return
	}
	file := filepath.Join(filepath.Dir(store.Path()), line.FileName)
	example := filepath.Join(filepath.Dir(file), "line-example.json")
	where := widgets.Inset(widgets.NewStyled(&widgets.Text{Text: file, Style: fyne.TextStyle{Monospace: true}, Elide: widgets.ElideMiddle}), 6, 0)
	body := widgets.Rows(10,
		widgets.NewPara(words.T("Nobody is told what is decided here. Verdicts can go to an MQTT broker, a webhook, TCP clients and a folder, and a PLC can trigger and read results by Modbus TCP.")),
		widgets.NewPara(words.T("A file beside the history names them, and is read when the program starts:")), where)
	d := dialog.NewCustomWithoutButtons(words.T("The line"), widgets.Fixed(lineWidth, 0, body), w.Window)
	write := w.Tips.NewButton(words.T("Write an example"), theme.DocumentCreateIcon(), words.T("Writes %s; take out what you do not need and rename it.", filepath.Base(example)), func() {
		d.Hide()
		w.Need(station.Administrator, func() { w.writeExample(example) })
	})
	d.SetButtons([]fyne.CanvasObject{write, w.Tips.NewButton(words.T("Close"), nil, "", d.Hide)})
	w.Dialog(d)
}

func (w *Window) writeExample(file string) {
	if err := os.WriteFile(file, []byte(line.Example), 0o644); err != nil {
		w.Report(fmt.Errorf("write an example of the line's configuration: %w", err))
		return
	}
	w.Say(words.T("Written: %s. Take out what you do not need, rename it to %s and start again.", file, line.FileName))
}
