package records

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"agurscope/assets/words"
	"agurscope/history"
	"agurscope/ui/phrase"
	"agurscope/ui/widgets"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// more is what can be asked for besides text, recipe, period and verdict. Its
// zero value asks for nothing.
type more struct {
	source           string
	run              int64
	reviewed         history.Verdict
	polarity         string
	minArea, maxArea int
	score            *history.Range
	since, until     time.Time
	picked           []int64 // nil: any
	what             string  // the picked ones are
	like             int64
}

// apply adds it to a filter.
func (m *more) apply(f *history.Filter) {
	f.Source, f.Run, f.Polarity, f.MinArea, f.MaxArea, f.Score, f.IDs = m.source, m.run, m.polarity, m.minArea, m.maxArea, m.score, m.picked
	if m.reviewed != "" {
		f.Reviewed = []history.Verdict{m.reviewed}
	}
	if !m.since.IsZero() || !m.until.IsZero() {
		f.Since, f.Until = m.since, m.until
	}
}

// criterion is one thing asked for.
type criterion struct {
	word string
	drop func(*more)
}

// criteria are what is asked for, as people read it.
func (m *more) criteria() []criterion {
	var out []criterion
	add := func(word string, drop func(*more)) { out = append(out, criterion{word, drop}) }
	if m.like != 0 {
		add(words.T("similar parts"), func(m *more) { m.like = 0 })
	}
	if m.picked != nil {
		add(words.N(len(m.picked), "%d part %s", "%d parts %s", m.what), func(m *more) { m.picked, m.what = nil, "" })
	}
	if m.run != 0 {
		add(words.T("run %d", m.run), func(m *more) { m.run = 0 })
	}
	if m.source != "" {
		add(words.T("from %s##a source", brief(m.source)), func(m *more) { m.source = "" })
	}
	if m.reviewed != "" {
		add(personSaid(m.reviewed), func(m *more) { m.reviewed = "" })
	}
	if m.polarity != "" {
		add(words.T("%s regions", phrase.Polarity(m.polarity)), func(m *more) { m.polarity = "" })
	}
	if m.minArea > 0 || m.maxArea > 0 {
		add(words.T("region size %s px", span(m.minArea > 0, m.maxArea > 0, strconv.Itoa(m.minArea), strconv.Itoa(m.maxArea))), func(m *more) { m.minArea, m.maxArea = 0, 0 })
	}
	if m.score != nil {
		add(words.T("score %s", span(!math.IsInf(m.score.Min, -1), !math.IsInf(m.score.Max, 1), phrase.Figure(m.score.Min), phrase.Figure(m.score.Max))), func(m *more) { m.score = nil })
	}
	if !m.since.IsZero() || !m.until.IsZero() {
		add(span(!m.since.IsZero(), !m.until.IsZero(), phrase.Minute(m.since), phrase.Minute(m.until)), func(m *more) { m.since, m.until = time.Time{}, time.Time{} })
	}
	return out
}

// span says from where to where, one of which may be open.
func span(low, high bool, from, to string) string {
	switch {
	case low && high:
		return words.T("%s to %s", from, to)
	case low:
		return words.T("from %s##and more", from)
	}
	return words.T("up to %s", to)
}

// moment reads a time as people write it, "" as none. A day alone is its
// beginning or, as an end, that of the next.
func moment(text string, end bool, where *time.Location) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(phrase.MinuteForm, text, where); err == nil {
		return t, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, where)
	if err != nil {
		return time.Time{}, errors.New(words.T("%q is no time: write 2026-08-31, or 2026-08-31 14:30", text))
	}
	if end {
		t = t.AddDate(0, 0, 1)
	}
	return t, nil
}

// amount reads a number that is not below 0, "" as none.
func amount(text string) (v float64, given bool, err error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, false, nil
	}
	v, given = phrase.Number(text, "")
	if !given || v < 0 || v > 1e9 {
		return 0, false, errors.New(words.T("%q is no number from 0 on", text))
	}
	return v, true, nil
}

// The first choices of the form.
const (
	anySource   = words.Text("any source")
	anyPerson   = words.Text("anybody, or nobody")
	anyPolarity = words.Text("any kind")
)

// form is where the rest of a filter is filled in.
type form struct {
	before                   more
	source, person, polarity *widgets.Select
	minArea, maxArea         *widgets.Entry
	minScore, maxScore       *widgets.Entry
	since, until             *widgets.Entry
	wrong                    *widgets.Aside
	ask                      *dialog.CustomDialog
	sources, polarities      map[string]string // by what is shown
	persons                  map[string]history.Verdict
}

// personSaid is how the form and its chip name a verdict of people.
func personSaid(v history.Verdict) string { return words.T("a person said %s", v) }

// newForm is a form with what is asked for now.
func (f *filter) newForm() *form {
	t := f.s.Tips
	o := &form{before: f.more, sources: map[string]string{}, polarities: map[string]string{}, persons: map[string]history.Verdict{}, wrong: widgets.NewAside(theme.ColorNameError)}
	m := f.more
	choice := func(first words.Text, options []string, now, tip string) *widgets.Select {
		c := t.NewSelect(append([]string{first.String()}, options...), tip, f.s.Keys, nil)
		c.Selected = first.String()
		if now != "" {
			c.Selected = now
		}
		return c
	}
	var sources []string
	for _, s := range f.facets.Sources {
		word := s
		if r := []rune(s); len(r) > 60 {
			word = "…" + string(r[len(r)-59:]) // a path's end says most
		}
		o.sources[word] = s
		sources = append(sources, word)
	}
	now := ""
	for word, s := range o.sources {
		if s == m.source {
			now = word
		}
	}
	o.source = choice(anySource, sources, now, words.T("The folder or camera"))
	var persons []string
	for _, v := range []history.Verdict{history.OK, history.NG, history.REVIEW} {
		word := personSaid(v)
		o.persons[word] = v
		persons = append(persons, word)
	}
	person := ""
	if m.reviewed != "" {
		person = personSaid(m.reviewed)
	}
	o.person = choice(anyPerson, persons, person, words.T("What people said last"))
	var polarities []string
	for _, p := range f.facets.Polarities {
		o.polarities[phrase.Polarity(p)] = p
		polarities = append(polarities, phrase.Polarity(p))
	}
	o.polarity = choice(anyPolarity, polarities, phrase.Polarity(m.polarity), words.T("Whether a region is darker or brighter than it should be"))
	entry := func(hint, tip, now string) *widgets.Entry {
		e := t.NewEntry(hint, tip)
		e.Text = now
		e.OnEscape = func() { o.ask.Hide() }
		return e
	}
	whole := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	o.minArea = entry(words.T("from"), words.T("Pixels of the picture; one region of the part is at least as large"), whole(m.minArea))
	o.maxArea = entry(words.T("to"), words.T("Pixels of the picture"), whole(m.maxArea))
	low, high := "", ""
	if m.score != nil {
		if !math.IsInf(m.score.Min, 0) {
			low = words.Write("%g", m.score.Min)
		}
		if !math.IsInf(m.score.Max, 0) {
			high = words.Write("%g", m.score.Max)
		}
	}
	o.minScore, o.maxScore = entry(words.T("from"), words.T("Both ends are included"), low), entry(words.T("to"), words.T("Both ends are included"), high)
	at := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return phrase.Minute(t)
	}
	o.since = entry(words.T("from 2026-08-31 06:00"), words.T("A day, or a day and a time"), at(m.since))
	o.until = entry(words.T("until"), words.T("A day, which is included, or a day and a time, which is not"), at(m.until))
	return o
}

// read is what the form says; what cannot be read is said in the error.
func (o *form) read() (more, error) {
	m := more{run: o.before.run, picked: o.before.picked, what: o.before.what, like: o.before.like}
	m.source = o.sources[o.source.Selected]
	m.reviewed = o.persons[o.person.Selected]
	m.polarity = o.polarities[o.polarity.Selected]
	var errs []error
	number := func(e *widgets.Entry) (float64, bool) {
		v, given, err := amount(e.Text)
		errs = append(errs, err)
		return v, given
	}
	low, _ := number(o.minArea)
	high, _ := number(o.maxArea)
	m.minArea, m.maxArea = int(math.Ceil(low)), int(high)
	least, from := number(o.minScore)
	most, to := number(o.maxScore)
	if from || to {
		m.score = &history.Range{Min: math.Inf(-1), Max: math.Inf(1)}
		if from {
			m.score.Min = least
		}
		if to {
			m.score.Max = most
		}
	}
	var err error
	m.since, err = moment(o.since.Text, false, time.Local)
	errs = append(errs, err)
	m.until, err = moment(o.until.Text, true, time.Local)
	errs = append(errs, err)
	switch {
	case m.maxArea > 0 && m.minArea > m.maxArea, m.score != nil && m.score.Min > m.score.Max, !m.since.IsZero() && !m.until.IsZero() && !m.since.Before(m.until):
		errs = append(errs, errors.New(words.T("a span ends before it begins")))
	}
	return m, errors.Join(errs...)
}

// ask lets a person fill in the form.
func (f *filter) ask() {
	o := f.newForm()
	submit := func() {
		m, err := o.read()
		if err != nil {
			o.wrong.Set(phrase.Sentence(strings.Split(err.Error(), "\n")[0]))
			return
		}
		o.ask.Hide()
		f.more = m
		if !m.since.IsZero() || !m.until.IsZero() {
			f.period = len(periods) - 1
		}
		f.changed()
	}
	for _, e := range []*widgets.Entry{o.minArea, o.maxArea, o.minScore, o.maxScore, o.since, o.until} {
		e.OnSubmitted = func(string) { submit() }
	}
	line := func(word string, cells ...fyne.CanvasObject) fyne.CanvasObject {
		shares := make([]float32, len(cells))
		for i := range shares {
			shares[i] = 1
		}
		return widgets.Dock(nil, nil, widgets.Fixed(150, 0, widgets.Inset(widgets.NewText(word), 8, 0)), nil, widgets.Columns(shares, cells...))
	}
	gap := func(e fyne.CanvasObject) fyne.CanvasObject { return widgets.Inset(e, 0, 2) }
	apply := f.s.Tips.NewButton(words.T("Show these"), nil, words.T("Enter in any field does it, too"), submit)
	apply.Importance = widget.HighImportance
	cancel := f.s.Tips.NewButton(words.T("Cancel"), nil, "", func() { o.ask.Hide() })
	fields := widgets.Rows(8,
		line(words.T("Source"), gap(o.source)), line(words.T("Person"), gap(o.person)),
		line(words.T("Regions"), gap(o.polarity)), line(words.T("Size in pixels"), gap(o.minArea), gap(o.maxArea)),
		line(words.T("Score"), gap(o.minScore), gap(o.maxScore)), line(words.T("Time"), gap(o.since), gap(o.until)),
		o.wrong, widgets.Row(8, widgets.NewSpring(nil), cancel, apply))
	o.ask = dialog.NewCustomWithoutButtons(words.T("Filter"), widgets.Fixed(660, 0, fields), f.s.Window)
	f.s.Dialog(o.ask)
	f.s.Window.Canvas().Focus(o.source)
}
