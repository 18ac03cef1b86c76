package history

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Filter chooses records; its zero value chooses all, oldest first. What is set
// must hold together.
type Filter struct {
	Run          int64     // 0: any
	Verdict      []Verdict // the machine's answer is one of these; nil: any
	Since, Until time.Time // Since is included, Until is not; zero: open
	Recipe       string    // name of the recipe, or its SHA-256 in hex; "": any
	Text         string    // words that all occur in path, name, part, label, type, error, reviewer, reason or notes; case counts only outside ASCII
	Overridden   bool      // only what people have overridden
	Reviewed     []Verdict // the newest override is one of these; nil: any
	Source       string    // what the run inspected; "": any
	Operator     string    // who was at the station; "": any
	Score        *Range    // nil: any, also none

	// One region is as these say.
	Polarity         string // "": any
	MinArea, MaxArea int    // in pixels of the picture, both included; 0: open

	IDs     []int64 // one of these; nil: any
	Cluster int64   // of a map; 0: any

	After, Before int64 // only what was stored later, or earlier, than the record of this ID; 0: any
	Limit         int   // 0: no limit
	Offset        int   // how many to skip
	Newest        bool  // newest first
	Worst         bool  // highest score first, whatever Newest says

	id int64 // one record
}

// Range is a closed interval.
type Range struct{ Min, Max float64 }

// defects reports whether f asks for a region.
func (f Filter) defects() bool { return f.Polarity != "" || f.MinArea > 0 || f.MaxArea > 0 }

// maxText bounds Filter.Text in bytes; nobody types more into a search box, and
// each word costs a pass over the text of every record.
const maxText = 1024

// query selects the records of f. The inner query finds the page by id alone,
// mostly from an index, before any whole row is read.
func (f Filter) query() (string, []any, error) {
	c, err := f.conditions()
	if err != nil {
		return "", nil, err
	}
	order := " ORDER BY v.id"
	switch {
	case f.Worst:
		order = " ORDER BY v.score DESC, v.id" // NULL is last
	case f.Newest:
		order += " DESC"
	}
	page := c.where() + order + c.cut(f.Limit, f.Offset)
	return "SELECT " + recordColumns + " FROM (SELECT v.id AS id FROM verdicts v" + page +
		") chosen CROSS JOIN verdicts v ON v.id = chosen.id" + newestOverride + order, c.args, nil
}

func (f Filter) conditions() (conditions, error) {
	var c conditions
	if f.Limit < 0 || f.Offset < 0 {
		return c, fmt.Errorf("search history: limit %d and offset %d must not be negative", f.Limit, f.Offset)
	}
	if f.id != 0 {
		c.add("v.id = ?", f.id)
	}
	if f.Run != 0 {
		c.add("v.run = ?", f.Run)
	}
	if err := c.verdicts(f.Verdict); err != nil {
		return c, err
	}
	c.span("v.time", f.Since, f.Until)
	if f.Recipe != "" {
		// One or the other, so that one index yields the rows in their order.
		column := "v.recipe"
		if isSHA256(f.Recipe) {
			column = "v.recipe_sha256"
		}
		c.add(column+" = ?", f.Recipe)
	}
	if f.Overridden {
		c.add("v.id IN (SELECT verdict FROM overrides)")
	}
	if err := c.verdictsOf("(SELECT reviewed FROM overrides WHERE verdict = v.id ORDER BY id DESC LIMIT 1)", f.Reviewed); err != nil {
		return c, err
	}
	if f.Source != "" {
		c.add("v.run IN (SELECT id FROM runs WHERE source = ?)", f.Source)
	}
	if f.Operator != "" {
		c.add("v.operator = ?", f.Operator)
	}
	if f.Score != nil {
		if math.IsNaN(f.Score.Min) || math.IsNaN(f.Score.Max) {
			return c, fmt.Errorf("search history: the score range %v is none", *f.Score)
		}
		c.add("v.score BETWEEN ? AND ?", f.Score.Min, f.Score.Max)
	}
	if f.MinArea < 0 || f.MaxArea < 0 {
		return c, fmt.Errorf("search history: areas from %d to %d are none", f.MinArea, f.MaxArea)
	}
	if f.defects() {
		c.region(f)
	}
	if f.IDs != nil {
		ids, err := idList(f.IDs)
		if err != nil {
			return c, err
		}
		c.add("v.id IN (SELECT value FROM json_each(?))", ids)
	}
	if f.Cluster != 0 {
		c.add("v.id IN (SELECT verdict FROM cluster_members WHERE cluster = ?)", f.Cluster)
	}
	if f.After != 0 {
		c.add("v.id > ?", f.After)
	}
	if f.Before != 0 {
		c.add("v.id < ?", f.Before)
	}
	return c, c.words(f.Text)
}

// conditions collects what a WHERE clause demands. Values only ever travel as
// arguments, never as text of the query.
type conditions struct {
	terms []string
	args  []any
}

func (c *conditions) add(term string, args ...any) {
	c.terms = append(c.terms, term)
	c.args = append(c.args, args...)
}

// span demands since <= column < until, each where it is not zero.
func (c *conditions) span(column string, since, until time.Time) {
	if !since.IsZero() {
		c.add(column+" >= ?", ceilMicros(since))
	}
	if !until.IsZero() {
		c.add(column+" < ?", ceilMicros(until))
	}
}

// ceilMicros rounds up, so that an instant between two microseconds cuts
// between the records of the two.
func ceilMicros(t time.Time) int64 { return micros(t.Add(time.Microsecond - 1)) }

// region demands one region as f wants it.
func (c *conditions) region(f Filter) {
	term, args := "v.regions > 0 AND EXISTS (SELECT 1 FROM regions g WHERE g.verdict = v.id AND g.area >= ?", []any{f.MinArea}
	if f.MaxArea > 0 {
		term, args = term+" AND g.area <= ?", append(args, f.MaxArea)
	}
	if f.Polarity != "" {
		term, args = term+" AND g.polarity = ?", append(args, f.Polarity)
	}
	c.add(term+")", args...)
}

func (c *conditions) verdicts(wanted []Verdict) error { return c.verdictsOf("v.verdict", wanted) }

// verdictsOf demands that what the expression says is one of wanted.
func (c *conditions) verdictsOf(expression string, wanted []Verdict) error {
	if len(wanted) == 0 {
		return nil
	}
	args := make([]any, 0, len(wanted))
	for _, v := range wanted {
		if !v.valid() {
			return fmt.Errorf("search history: no verdict is called %q", v)
		}
		args = append(args, string(v))
	}
	c.add(expression+" IN (?"+strings.Repeat(", ?", len(args)-1)+")", args...)
	return nil
}

// words demands that every word of text occurs somewhere in the record.
func (c *conditions) words(text string) error {
	if len(text) > maxText {
		return fmt.Errorf("search history: the text has %d bytes, more than %d", len(text), maxText)
	}
	for _, word := range strings.Fields(text) {
		if strings.ContainsRune(word, 0) {
			c.add("0") // no stored text has zero bytes
			continue
		}
		p := "%" + likeLiteral.Replace(word) + "%"
		c.add(`(v.path LIKE ? ESCAPE '\' OR v.name LIKE ? ESCAPE '\' OR v.label LIKE ? ESCAPE '\'
			OR v.type LIKE ? ESCAPE '\' OR v.error LIKE ? ESCAPE '\' OR v.part LIKE ? ESCAPE '\'
			OR v.id IN (SELECT verdict FROM overrides WHERE reviewer LIKE ? ESCAPE '\' OR reason LIKE ? ESCAPE '\')
			OR v.id IN (SELECT verdict FROM notes WHERE author LIKE ? ESCAPE '\' OR text LIKE ? ESCAPE '\'))`,
			p, p, p, p, p, p, p, p, p, p)
	}
	return nil
}

// likeLiteral takes the meaning from the characters that have one for LIKE.
var likeLiteral = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

func (c *conditions) where() string {
	if len(c.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.terms, " AND ")
}

// page orders by column and cuts out a page; the arguments go last.
func (c *conditions) page(column string, newest bool, limit, offset int) string {
	order := " ORDER BY " + column
	if newest {
		order += " DESC"
	}
	return order + c.cut(limit, offset)
}

// cut cuts out a page; its arguments go last.
func (c *conditions) cut(limit, offset int) string {
	if limit <= 0 && offset <= 0 {
		return ""
	}
	if limit <= 0 {
		limit = -1 // for SQLite: all
	}
	c.args = append(c.args, limit, max(offset, 0))
	return " LIMIT ? OFFSET ?"
}
