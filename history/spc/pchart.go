package spc

import "math"

// PPoint is one group on a p-chart.
type PPoint struct {
	Label        string
	N, Defective int
	P            float64 // share of defectives
	Lower, Upper float64 // control limits for N parts
	Out          bool    // beyond them
	Run          bool    // the last of nine or more in a row on one side of the centre
}

// PChart is Shewhart's chart of the share of defectives.
type PChart struct {
	Centre float64 // of the baseline
	Points []PPoint
}

// runLength is how many points on one side of the centre make a signal: nine,
// as in Nelson's second rule.
const runLength = 9

// NewPChart draws the share of parts that are not OK in each group, with limits
// three standard deviations from the mean of the first baseline groups (0: of
// all). Groups without parts are left out.
func NewPChart(groups []Group, baseline int) PChart {
	var c PChart
	var n, d int
	for _, g := range groups {
		if g.N == 0 {
			continue
		}
		p := PPoint{Label: g.Key, N: g.N, Defective: g.N - g.OK}
		p.P = share(p.Defective, p.N)
		if baseline <= 0 || len(c.Points) < baseline {
			n, d = n+p.N, d+p.Defective
		}
		c.Points = append(c.Points, p)
	}
	c.Centre = share(d, n)
	run, side := 0, 0
	for i := range c.Points {
		p := &c.Points[i]
		w := 3 * math.Sqrt(c.Centre*(1-c.Centre)/float64(p.N))
		p.Lower, p.Upper = max(0, c.Centre-w), min(1, c.Centre+w)
		p.Out = p.P < p.Lower || p.P > p.Upper
		s := 0
		switch {
		case p.P > c.Centre:
			s = 1
		case p.P < c.Centre:
			s = -1
		}
		if s != side {
			run, side = 0, s
		}
		if s != 0 {
			run++
		}
		p.Run = run >= runLength
	}
	return c
}
