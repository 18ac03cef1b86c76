package history

import (
	"bytes"
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"
)

// columns is what filters look at, one slice per criterion, in the order of the
// ids. What many records share is stored once, as a class, and looked at once.
type columns struct {
	mu sync.Mutex

	ids, times []int64
	scores     []float64
	verdicts   []uint8 // places in verdictOrder
	reviews    []uint8
	class      []uint32
	first      []uint32 // of the record's regions; one more at the end
	areas      []int32  // of regions
	polarities []uint8
	text       []byte   // what names a record alone, lower case, each followed by two zero bytes
	at         []uint32 // where a record's text begins; one more at the end
	traces     []trace  // of blocks of records: which three letters occur in their text

	order []uint32 // rows by falling score, those without one last
	keys  []uint64 // what order is sorted by

	classes   []class
	numbers   map[class]uint32
	polarity  []string
	said      map[int64][]string // by record: reviewers, reasons and notes, lower case
	verdict   int64              // the newest that was read
	override  int64
	note      int64
	tombstone int64
}

// class is what records of one run, folder and kind have in common.
type class struct {
	run                                               int64
	recipe, sha, label, kind, fault, folder, operator string
	source                                            string
}

// verdictOrder numbers the verdicts; 0 stands for none.
var verdictOrder = []Verdict{"", OK, REVIEW, NG, ERROR}

func verdictNumber(v Verdict) uint8 { return uint8(max(0, slices.Index(verdictOrder, v))) }

// refresh reads what is new. It is not given up with ctx, for the next search
// would have to do it again; where it fails, everything is read anew next time,
// so that nothing is there by half or twice.
func (c *columns) refresh(ctx context.Context, db querier) error {
	err := c.extend(context.WithoutCancel(ctx), db)
	if err != nil {
		c.take(&columns{})
	}
	return err
}

func (c *columns) extend(ctx context.Context, db querier) error {
	if c.numbers == nil {
		c.numbers, c.said = map[class]uint32{}, map[int64][]string{}
		c.first, c.at = []uint32{0}, []uint32{0}
	}
	if err := c.retire(ctx, db); err != nil {
		return err
	}
	if err := c.records(ctx, db); err != nil {
		return err
	}
	if err := c.overrides(ctx, db); err != nil {
		return err
	}
	for n, err := range rowsOf(ctx, db, selectNotes+" WHERE id > ? ORDER BY id", scanNote, c.note) {
		if err != nil {
			return err
		}
		c.note = n.ID
		c.said[n.Verdict] = append(c.said[n.Verdict], lower(n.Author), lower(n.Text))
	}
	return nil
}

// retire drops what retention has removed.
func (c *columns) retire(ctx context.Context, db querier) error {
	through, newest := int64(0), c.tombstone
	for t, err := range rowsOf(ctx, db, selectTombstones, scanTombstone) {
		if err != nil {
			return err
		}
		if t.ID > c.tombstone && t.What == RetainVerdicts {
			through = max(through, t.Through)
		}
		newest = max(newest, t.ID)
	}
	if through == 0 || len(c.ids) == 0 || c.ids[0] > through {
		c.tombstone = newest
		return nil
	}
	// The removal itself goes on in slices: ask what is still there.
	var more int64
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM verdicts WHERE id <= ? AND id NOT IN (SELECT verdict FROM golden_members)", through).Scan(&more); err != nil || more > 0 {
		return err
	}
	fresh := &columns{}
	if err := fresh.refresh(ctx, db); err != nil {
		return err
	}
	fresh.tombstone = newest
	c.take(fresh)
	return nil
}

// take makes the columns of o those of c.
func (c *columns) take(o *columns) {
	c.ids, c.times, c.scores, c.verdicts, c.reviews, c.class = o.ids, o.times, o.scores, o.verdicts, o.reviews, o.class
	c.first, c.areas, c.polarities, c.text, c.at = o.first, o.areas, o.polarities, o.text, o.at
	c.traces, c.order, c.keys = o.traces, o.order, o.keys
	c.classes, c.numbers, c.polarity, c.said = o.classes, o.numbers, o.polarity, o.said
	c.verdict, c.override, c.note, c.tombstone = o.verdict, o.override, o.note, o.tombstone
}

func (c *columns) records(ctx context.Context, db querier) error {
	sources := map[int64]string{}
	rows, err := db.QueryContext(ctx, `SELECT id, run, time, verdict, score, path, name, part, label, type, error, recipe, recipe_sha256, operator
		FROM verdicts WHERE id > ? ORDER BY id`, c.verdict)
	if err != nil {
		return err
	}
	defer rows.Close()
	var k class
	var id, at int64
	var verdict, path, name, part string
	var score *float64
	for rows.Next() {
		if err := rows.Scan(&id, &k.run, &at, &verdict, &score, &path, &name, &part, &k.label, &k.kind, &k.fault, &k.recipe, &k.sha, &k.operator); err != nil {
			return err
		}
		folder := strings.LastIndexByte(path, '/') + 1
		k.folder = path[:folder]
		if source, ok := sources[k.run]; ok {
			k.source = source
		} else {
			if err := db.QueryRowContext(ctx, "SELECT source FROM runs WHERE id = ?", k.run).Scan(&k.source); err != nil {
				return err
			}
			sources[k.run] = k.source
		}
		c.ids, c.times = append(c.ids, id), append(c.times, at)
		c.verdicts, c.reviews = append(c.verdicts, verdictNumber(Verdict(verdict))), append(c.reviews, 0)
		c.class = append(c.class, c.number(k))
		if score == nil {
			c.scores = append(c.scores, math.NaN())
		} else {
			c.scores = append(c.scores, *score)
		}
		c.text = appendLower(c.text, path[folder:])
		if !strings.HasSuffix(path, name) {
			c.text = appendLower(append(c.text, 0), name)
		}
		if part != "" {
			c.text = appendLower(append(c.text, 0), part)
		}
		c.text = append(c.text, 0, 0)
		c.leave(c.text[c.at[len(c.at)-1]:])
		c.at = append(c.at, uint32(len(c.text)))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := c.regions(ctx, db); err != nil {
		return err
	}
	if len(c.ids) > 0 {
		c.verdict = c.ids[len(c.ids)-1]
	}
	return nil
}

// number returns the class like k, with texts that outlive the row.
func (c *columns) number(k class) uint32 {
	if n, ok := c.numbers[k]; ok {
		return n
	}
	n := uint32(len(c.classes))
	for _, s := range []*string{&k.recipe, &k.sha, &k.label, &k.kind, &k.fault, &k.folder, &k.operator, &k.source} {
		*s = strings.Clone(*s)
	}
	c.classes = append(c.classes, k)
	c.numbers[k] = n
	return n
}

func (c *columns) regions(ctx context.Context, db querier) error {
	row := len(c.first) - 1 // the first record whose regions are to come
	for g, err := range rowsOf(ctx, db, "SELECT verdict, area, polarity FROM regions WHERE verdict > ? ORDER BY verdict, n", func(r scanner) (g ownedRegion, err error) {
		err = r.Scan(&g.verdict, &g.Area, &g.Polarity)
		return g, err
	}, c.verdict) {
		if err != nil {
			return err
		}
		for row < len(c.ids) && c.ids[row] < g.verdict {
			c.first = append(c.first, uint32(len(c.areas)))
			row++
		}
		if row == len(c.ids) {
			break // of a record that was stored after we looked: read next time
		}
		c.areas = append(c.areas, int32(min(g.Area, math.MaxInt32)))
		n := slices.Index(c.polarity, g.Polarity)
		if n < 0 {
			n = len(c.polarity)
			c.polarity = append(c.polarity, strings.Clone(g.Polarity))
		}
		c.polarities = append(c.polarities, uint8(min(n, 255)))
	}
	for ; row < len(c.ids); row++ {
		c.first = append(c.first, uint32(len(c.areas)))
	}
	return nil
}

func (c *columns) overrides(ctx context.Context, db querier) error {
	for o, err := range rowsOf(ctx, db, selectOverrides+" WHERE id > ? AND verdict <= ? ORDER BY id", scanOverride, c.override, c.verdict) {
		if err != nil {
			return err
		}
		c.override = o.ID
		if row, ok := slices.BinarySearch(c.ids, o.Verdict); ok {
			c.reviews[row] = verdictNumber(o.Reviewed)
			c.said[o.Verdict] = append(c.said[o.Verdict], lower(o.Reviewer), lower(o.Reason))
		}
	}
	return nil
}

// lower makes small letters of ASCII's capitals, as SQLite's LIKE does.
func lower(s string) string { return string(appendLower(nil, s)) }

func appendLower(b []byte, s string) []byte {
	at := len(b)
	b = append(b, s...)
	for i, c := range b[at:] {
		if 'A' <= c && c <= 'Z' {
			b[at+i] = c + 'a' - 'A'
		}
	}
	return b
}

// find returns the rows that f chooses, in its order.
func (c *columns) find(ctx context.Context, db querier, f Filter) ([]uint32, error) {
	among, err := c.among(ctx, db, f)
	if err != nil {
		return nil, err
	}
	chosen := c.choose(f)
	words := c.words(f.Text)
	verdicts, reviews := mask(f.Verdict), mask(f.Reviewed)
	since, until := int64(math.MinInt64), int64(math.MaxInt64)
	if !f.Since.IsZero() {
		since = ceilMicros(f.Since)
	}
	if !f.Until.IsZero() {
		until = ceilMicros(f.Until)
	}
	low, high := math.Inf(-1), math.Inf(1)
	if f.Score != nil {
		low, high = f.Score.Min, f.Score.Max
	}
	defects := f.defects()
	out := make([]uint32, 0, 1024)
rows:
	for row, id := range c.ids {
		k := c.class[row]
		if !chosen[k] || verdicts&(1<<c.verdicts[row]) == 0 || reviews&(1<<c.reviews[row]) == 0 ||
			c.times[row] < since || c.times[row] >= until || f.Overridden && c.reviews[row] == 0 ||
			f.After != 0 && id <= f.After || f.Before != 0 && id >= f.Before || f.id != 0 && id != f.id {
			continue
		}
		if s := c.scores[row]; f.Score != nil && !(s >= low && s <= high) {
			continue
		}
		if defects && !c.defect(row, f) {
			continue
		}
		if among != nil && !among[id] {
			continue
		}
		for i := range words {
			if !words[i].in(c, row) {
				continue rows
			}
		}
		out = append(out, uint32(row))
	}
	switch {
	case f.Worst:
		c.sortWorst(out)
	case f.Newest:
		slices.Reverse(out)
	}
	return out, nil
}

// mask has a bit for each of vs; for none, all bits.
func mask(vs []Verdict) uint8 {
	if len(vs) == 0 {
		return 0xff
	}
	var m uint8
	for _, v := range vs {
		m |= 1 << verdictNumber(v)
	}
	return m
}

// choose says which classes f allows.
func (c *columns) choose(f Filter) []bool {
	out := make([]bool, len(c.classes))
	for i := range c.classes {
		k := &c.classes[i]
		recipe := k.recipe
		if isSHA256(f.Recipe) {
			recipe = k.sha
		}
		out[i] = (f.Run == 0 || k.run == f.Run) && (f.Recipe == "" || recipe == f.Recipe) &&
			(f.Source == "" || k.source == f.Source) && (f.Operator == "" || k.operator == f.Operator)
	}
	return out
}

// among returns the records that are named one by one, nil where any will do.
func (c *columns) among(ctx context.Context, db querier, f Filter) (map[int64]bool, error) {
	if f.IDs == nil && f.Cluster == 0 {
		return nil, nil
	}
	out := map[int64]bool{}
	for _, id := range f.IDs {
		out[id] = true
	}
	if f.Cluster == 0 {
		return out, nil
	}
	members := map[int64]bool{}
	for id, err := range rowsOf(ctx, db, "SELECT verdict FROM cluster_members WHERE cluster = ?", scanInt, f.Cluster) {
		if err != nil {
			return nil, err
		}
		if f.IDs == nil || out[id] {
			members[id] = true
		}
	}
	return members, nil
}

// defect reports whether one region of the row is as f wants it.
func (c *columns) defect(row int, f Filter) bool {
	for g := c.first[row]; g < c.first[row+1]; g++ {
		if a := int(c.areas[g]); a >= f.MinArea && (f.MaxArea == 0 || a <= f.MaxArea) &&
			(f.Polarity == "" || c.polarity[c.polarities[g]] == f.Polarity) {
			return true
		}
	}
	return false
}

// word is one that must occur in a record.
type word struct {
	text   []byte
	shared []bool   // by class: it occurs in what the class says
	begins []bool   // by class: the folder ends with the word up to its last slash,
	rest   []byte   // and the file must begin with this
	own    []uint64 // bit set by row: it occurs in what the record alone says
	said   map[int64]bool
}

func (c *columns) words(text string) []word {
	var out []word
	for _, t := range strings.Fields(text) {
		w := word{text: appendLower(nil, t), shared: make([]bool, len(c.classes)), own: make([]uint64, len(c.ids)/64+1), said: map[int64]bool{}}
		if bytes.IndexByte(w.text, 0) >= 0 {
			out = append(out, w) // no stored text has zero bytes
			continue
		}
		t = string(w.text)
		head, rest, slash := "", "", strings.LastIndexByte(t, '/')
		if slash >= 0 {
			head, rest = t[:slash+1], t[slash+1:]
			w.begins, w.rest = make([]bool, len(c.classes)), []byte(rest)
		}
		all := len(c.classes) > 0
		for i := range c.classes {
			k := &c.classes[i]
			folder := lower(k.folder)
			w.shared[i] = strings.Contains(folder, t) || strings.Contains(lower(k.label), t) || strings.Contains(lower(k.kind), t) || strings.Contains(lower(k.fault), t)
			if slash >= 0 {
				w.begins[i] = strings.HasSuffix(folder, head)
			}
			all = all && w.shared[i]
		}
		if !all {
			c.mark(&w)
			for id, texts := range c.said {
				if slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(s, t) }) {
					w.said[id] = true
				}
			}
		}
		out = append(out, w)
	}
	return out
}

// mark sets the bit of every row whose own text holds the word. A word has no
// zero byte, so it lies within one row.
func (c *columns) mark(w *word) {
	want := traceOf(w.text)
	for b := range c.traces {
		if !c.traces[b].holds(want) {
			continue
		}
		row := b * block
		last := min(row+block, len(c.ids))
		for at, end := int(c.at[row]), int(c.at[last]); at < end; {
			n := bytes.Index(c.text[at:end], w.text)
			if n < 0 {
				break
			}
			for at += n; int(c.at[row+1]) <= at; {
				row++
			}
			w.own[row/64] |= 1 << (row % 64)
			at = int(c.at[row+1])
		}
	}
}

// block is how many records share a trace.
const block = 512

// trace has a bit for every three letters that occur, several sharing one: where
// a bit of a word is missing, the word is not there.
type trace [64]uint64

func (t *trace) add(a, b, c byte) {
	h := (uint32(a)<<16 | uint32(b)<<8 | uint32(c)) * 2654435761 >> 20
	t[h/64] |= 1 << (h % 64)
}

func traceOf(text []byte) *trace {
	var t trace
	for i := 2; i < len(text); i++ {
		t.add(text[i-2], text[i-1], text[i])
	}
	return &t
}

func (t *trace) holds(want *trace) bool {
	for i, w := range want {
		if w&^t[i] != 0 {
			return false
		}
	}
	return true
}

// leave adds the text of the next record to the trace of its block. len(c.ids)
// counts it already.
func (c *columns) leave(text []byte) {
	if b := (len(c.ids) - 1) / block; b == len(c.traces) {
		c.traces = append(c.traces, trace{})
	}
	t := &c.traces[len(c.traces)-1]
	for i := 2; i < len(text); i++ {
		t.add(text[i-2], text[i-1], text[i])
	}
}

func (w *word) in(c *columns, row int) bool {
	k := c.class[row]
	return w.shared[k] || w.own[row/64]&(1<<(row%64)) != 0 ||
		w.begins != nil && w.begins[k] && bytes.HasPrefix(c.text[c.at[row]:], w.rest) ||
		len(w.said) > 0 && w.said[c.ids[row]]
}

// sortWorst orders rows, which rise, by falling score, those without one last
// and those of one score by their age: it marks them and picks them out of the
// order of all.
func (c *columns) sortWorst(rows []uint32) {
	c.rank()
	marked := make([]uint64, len(c.ids)/64+1)
	for _, row := range rows {
		marked[row/64] |= 1 << (row % 64)
	}
	n := 0
	for _, row := range c.order {
		if marked[row/64]&(1<<(row%64)) != 0 {
			rows[n] = row
			n++
		}
	}
}

// rank brings the order of all rows up to date. The bits of a float64 sort like
// its value once negative ones are turned over.
func (c *columns) rank() {
	type ranked struct {
		key uint64
		row uint32
	}
	fresh := make([]ranked, 0, len(c.ids)-len(c.order))
	for row := len(c.order); row < len(c.ids); row++ {
		s := c.scores[row]
		if s != s {
			s = math.Inf(-1)
		}
		key := math.Float64bits(s)
		if key>>63 == 0 {
			key = ^key &^ (1 << 63) // falling; negative ones fall by themselves
		}
		fresh = append(fresh, ranked{key, uint32(row)})
	}
	if len(fresh) == 0 {
		return
	}
	slices.SortFunc(fresh, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.row, b.row)) })
	order, keys := make([]uint32, 0, len(c.ids)), make([]uint64, 0, len(c.ids))
	i := 0
	for _, f := range fresh {
		for i < len(c.keys) && c.keys[i] <= f.key {
			order, keys = append(order, c.order[i]), append(keys, c.keys[i])
			i++
		}
		order, keys = append(order, f.row), append(keys, f.key)
	}
	c.order, c.keys = append(order, c.order[i:]...), append(keys, c.keys[i:]...)
}

// snapshot returns the columns as they are now. They only grow, but for the
// reviews, which are copied.
func (c *columns) snapshot() *columns {
	return &columns{
		ids: c.ids, times: c.times, scores: c.scores, verdicts: c.verdicts, reviews: slices.Clone(c.reviews), class: c.class,
		first: c.first, areas: c.areas, polarities: c.polarities, classes: c.classes, polarity: c.polarity,
	}
}

func (c *columns) sample(row uint32) Sample {
	k := &c.classes[c.class[row]]
	s := Sample{
		ID: c.ids[row], Run: k.run, Time: fromMicros(c.times[row]), Recipe: k.recipe, Source: k.source,
		Verdict: verdictOrder[c.verdicts[row]], Reviewed: verdictOrder[c.reviews[row]], Score: c.scores[row],
	}
	for _, a := range c.areas[c.first[row]:c.first[row+1]] {
		s.Area = max(s.Area, int(a))
	}
	return s
}

func (c *columns) summary(rows []uint32) Summary {
	var n [8]int
	over := 0
	for _, row := range rows {
		n[c.verdicts[row]]++
		if c.reviews[row] != 0 {
			over++
		}
	}
	return Summary{OK: n[1], Review: n[2], NG: n[3], Error: n[4] + n[0], Overridden: over}
}
