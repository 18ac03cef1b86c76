package session

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
)

// paperRow is a row of the paper's Table 3: image AUC, F1, precision and recall,
// each with its standard deviation over five seeds, and the time in ms.
type paperRow struct {
	name    string
	figures [4]struct{ mean, sd float64 }
	ms      float64
}

// paper is Table 3 of the paper, in its order.
var paper = []paperRow{
	{"basic", [4]struct{ mean, sd float64 }{{.812, .011}, {.834, .010}, {.841, .012}, {.827, .009}}, 246},
	{"+ssdae", [4]struct{ mean, sd float64 }{{.851, .009}, {.869, .008}, {.874, .010}, {.864, .007}}, 283},
	{"+ssdae+mgan", [4]struct{ mean, sd float64 }{{.878, .008}, {.893, .007}, {.896, .009}, {.890, .008}}, 319},
	{"+eca", [4]struct{ mean, sd float64 }{{.891, .007}, {.904, .006}, {.907, .008}, {.901, .007}}, 337},
	{"complete", [4]struct{ mean, sd float64 }{{.922, .006}, {.931, .005}, {.933, .007}, {.929, .006}}, 378},
}

// paperMetrics are our names of the paper's figures.
var paperMetrics = [4]struct{ metric, title string }{
	{"image_auroc", "AUROC"}, {"f1", "F1"}, {"precision", "precision"}, {"recall", "recall"},
}

// published returns the paper's row of a name.
func published(name string) (paperRow, bool) {
	i := slices.IndexFunc(paper, func(p paperRow) bool { return p.name == name })
	if i < 0 {
		return paperRow{}, false
	}
	return paper[i], true
}

// Published returns what the paper's Table 3 says of a row: its figures by our
// names, and milliseconds; false for a row that is not the paper's.
func Published(name string) (figures map[string]Spread, ms float64, ok bool) {
	p, ok := published(name)
	if !ok {
		return nil, 0, false
	}
	figures = map[string]Spread{}
	for i, m := range paperMetrics {
		figures[m.metric] = Spread{Mean: Number(p.figures[i].mean), SD: Number(p.figures[i].sd), N: 5}
	}
	return figures, p.ms, true
}

// Verdicts on a claim.
const (
	Reproduced    = "reproduced"
	NotReproduced = "not reproduced"
	Open          = "open" // not enough was measured to tell
)

// Claim is something the paper says, and whether our figures say it, too.
type Claim struct {
	Text    string `json:"claim"`
	Verdict string `json:"verdict"`
	Why     string `json:"why"` // with the figures it rests on
}

// String returns the claim as one line: verdict, then the figures.
func (c Claim) String() string { return c.Verdict + ": " + c.Why }

func ruled(text string, holds bool, format string, a ...any) Claim {
	c := Claim{Text: text, Verdict: NotReproduced, Why: fmt.Sprintf(format, a...)}
	if holds {
		c.Verdict = Reproduced
	}
	return c
}

func undecided(text, format string, a ...any) Claim {
	return Claim{Text: text, Verdict: Open, Why: fmt.Sprintf(format, a...)}
}

// AblationClaims judges what the paper's Table 3 says by our rows.
func AblationClaims(rows []RowResult) []Claim {
	return []Claim{
		gainClaim(rows),
		orderClaim(rows, "Every part that is added raises the image AUROC.", "image_auroc", "%.3f"),
		spreadClaim(rows),
		orderClaim(rows, "Every part that is added costs time.", "latency_p50_ms", "%.1f ms"),
	}
}

// named returns the row of a name; one without figures if it was not measured.
func named(rows []RowResult, name string) RowResult {
	if i := slices.IndexFunc(rows, func(r RowResult) bool { return r.Name == name }); i >= 0 {
		return rows[i]
	}
	return RowResult{Name: name}
}

// gainClaim compares the complete method with the basic network.
func gainClaim(rows []RowResult) Claim {
	const text = "The complete method has a higher image AUROC than the basic U-Net, by more than two pooled standard deviations."
	basic, complete := named(rows, "basic").figure("image_auroc"), named(rows, "complete").figure("image_auroc")
	if basic.N < 2 || complete.N < 2 {
		return undecided(text, "both rows are needed with two seeds or more; there are %d of the basic U-Net and %d of the complete method", basic.N, complete.N)
	}
	gain, sd := float64(complete.Mean-basic.Mean), pooled(basic, complete)
	return ruled(text, gain > 2*sd, "%s against %s, a gain of %.3f where two pooled standard deviations are %.3f (paper: a gain of 0.110)",
		complete.Text("%.3f"), basic.Text("%.3f"), gain, 2*sd)
}

// pooled is the standard deviation of two samples around their own means.
func pooled(a, b Spread) float64 {
	x, y := float64(a.SD), float64(b.SD)
	n, m := float64(a.N-1), float64(b.N-1)
	return math.Sqrt((n*x*x + m*y*y) / (n + m))
}

// orderClaim asks whether a figure rises from each row of the paper to the next.
func orderClaim(rows []RowResult, text, metric, format string) Claim {
	var missing, broken, all []string
	before, last := math.Inf(-1), ""
	for _, p := range paper {
		r := named(rows, p.name)
		v := float64(r.figure(metric).Mean)
		if math.IsNaN(v) {
			missing = append(missing, titleOf(p.name))
			continue
		}
		if !(v > before) {
			broken = append(broken, fmt.Sprintf("“%s” (%s) is not above “%s” (%s)",
				r.Title, fmt.Sprintf(format, v), last, fmt.Sprintf(format, before)))
		}
		before, last = v, r.Title
		all = append(all, fmt.Sprintf(format, v))
	}
	switch {
	case len(broken) > 0:
		return ruled(text, false, "%s", strings.Join(broken, "; "))
	case len(missing) > 0:
		return undecided(text, "not measured: %s", strings.Join(missing, ", "))
	default:
		return ruled(text, true, "%s", strings.Join(all, " < "))
	}
}

func titleOf(name string) string {
	for _, r := range Rows {
		if r.Name == name {
			return r.Title
		}
	}
	return name
}

// steady is the standard deviation that a figure may have over seeds.
const steady = 0.02

// spreadClaim asks whether the figures of the paper's rows are steady.
func spreadClaim(rows []RowResult) Claim {
	const text = "No figure's standard deviation over the seeds is above 0.02."
	worst, where, few := -1.0, "", []string{}
	for _, p := range paper {
		r := named(rows, p.name)
		for _, m := range paperMetrics {
			sd := float64(r.figure(m.metric).SD)
			if math.IsNaN(sd) {
				few = append(few, fmt.Sprintf("%s of “%s”", m.title, titleOf(p.name)))
			} else if sd > worst {
				worst, where = sd, fmt.Sprintf("%s of “%s”", m.title, r.Title)
			}
		}
	}
	switch {
	case worst > steady:
		return ruled(text, false, "the largest is %.3f, that of the %s (paper: 0.005 to 0.012)", worst, where)
	case len(few) > 0:
		return undecided(text, "there is no deviation of %d of %d figures, such as the %s", len(few), len(paper)*len(paperMetrics), few[0])
	default:
		return ruled(text, true, "the largest is %.3f, that of the %s (paper: 0.005 to 0.012)", worst, where)
	}
}

// ControlClaim is our own rule, not the paper's: what was learned must be worth
// more than what was not.
func ControlClaim(rows []RowResult) Claim {
	const text = "The complete method has a higher image AUROC than every control."
	complete := named(rows, "complete").figure("image_auroc")
	best, title := Spread{Mean: Number(math.Inf(-1))}, ""
	for _, r := range rows {
		if s := r.figure("image_auroc"); r.Control && s.Mean > best.Mean {
			best, title = s, r.Title
		}
	}
	if complete.N == 0 || title == "" {
		return undecided(text, "the complete method and at least one control must be measured")
	}
	c := Claim{Text: text, Verdict: "holds", Why: fmt.Sprintf("%s against %s of the best control, “%s”", complete.Text("%.3f"), best.Text("%.3f"), title)}
	if !(complete.Mean > best.Mean) {
		c.Verdict = "does not hold"
		c.Why += "; what was learned here is no result"
	}
	return c
}

// sheet sets the paper's figures beside ours, in Markdown.
func (a *ablating) sheet(rows []RowResult) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `# Paper and ours: the ablation (Table 3)

The paper is Liu and Li 2026, “Attention-guided unsupervised representation network
for anomaly detection in electronic component manufacturing images”. Its set is not
public. Ours is %s, so levels cannot be compared: order and trend can. Nothing was
tuned to the paper's figures. Its times were taken on another machine.

%s

| | |`, a.cells.category, a.conditions())
	for _, m := range paperMetrics {
		fmt.Fprintf(&b, " %s |", m.title)
	}
	b.WriteString(" ms | seeds |\n|---|---|" + strings.Repeat("---:|", len(paperMetrics)+2) + "\n")
	for _, p := range paper {
		fmt.Fprintf(&b, "| %s | paper |", titleOf(p.name))
		for _, f := range p.figures {
			fmt.Fprintf(&b, " %.3f ± %.3f |", f.mean, f.sd)
		}
		fmt.Fprintf(&b, " %.0f | 5 |\n| | ours |", p.ms)
		r := named(rows, p.name)
		for _, m := range paperMetrics {
			fmt.Fprintf(&b, " %s |", r.figure(m.metric).Text("%.3f"))
		}
		fmt.Fprintf(&b, " %s | %d |\n", r.figure("latency_p50_ms").Text("%.1f"), r.Seeds)
	}
	b.WriteString("\n## What the paper claims\n\n")
	for _, c := range AblationClaims(rows) {
		fmt.Fprintf(&b, "- %s\n  **%s**: %s.\n", c.Text, c.Verdict, c.Why)
	}
	c := ControlClaim(rows)
	fmt.Fprintf(&b, "\n## Our own rule\n\n- %s\n  **%s**: %s.\n", c.Text, c.Verdict, c.Why)
	return b.Bytes()
}
