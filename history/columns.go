package history

import (
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
	for o, err := range rowsOf(ctx, db, selectOverrides+" WHERE id > ? ORDER BY id", scanOverride, c.override) {
		if err != nil {
			return err
		}
		if o.Verdict > c.verdict {
			break // of a record that was stored after we looked: read next time, and what follows
		}
		c.override = o.ID
		if row, ok := slices.BinarySearch(c.ids, o.Verdict); ok {
			c.reviews[row] = verdictNumber(o.Reviewed)
			c.said[o.Verdict] = append(c.said[o.Verdict], lower(o.Reviewer), lower(o.Reason))
		}
	}
	return nil
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
