package history

import (
	"context"
	"math"
	"slices"
)

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
