package session

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"

	"agurscope/assets/words"
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

// AblationClaims judges what the paper's Table 3 says by our rows.
func AblationClaims(rows []RowResult) []Claim {
	return []Claim{
		gainClaim(rows),
		orderClaim(rows, words.Text("Every part that is added raises the image AUROC."), "image_auroc", "%.3f"),
		spreadClaim(rows),
		orderClaim(rows, words.Text("Every part that is added costs time."), "latency_p50_ms", "%.1f ms"),
	}
}

// named returns the row of a name; one without figures if it was not measured.
func named(rows []RowResult, name string) RowResult {
	if i := slices.IndexFunc(rows, func(r RowResult) bool { return r.Name == name }); i >= 0 {
		return rows[i]
	}
	return RowResult{Name: name, Title: titleOf(name)}
}

// gainClaim compares the complete method with the basic network.
func gainClaim(rows []RowResult) Claim {
	text := words.Text("The complete method has a higher image AUROC than the basic U-Net.").With()
	basic, complete := named(rows, "basic").figure("image_auroc"), named(rows, "complete").figure("image_auroc")
	if basic.N == 0 || complete.N == 0 {
		return Ruled(text, 0, words.Text("both rows are needed").With())
	}
	order, doubt := Order(complete, basic)
	return Ruled(text, order,
		words.Text("%s against %s").With(complete.Text("%.3f"), basic.Text("%.3f")),
		words.Text("a gain of %s (paper: 0.110)").With(fmt.Sprintf("%.3f", float64(complete.Mean-basic.Mean))),
		doubt.With())
}

// orderClaim asks whether a figure rises from each row of the paper to the next.
func orderClaim(rows []RowResult, text words.Text, metric, format string) Claim {
	var missing, all []string
	var falls, doubts []words.Said
	last := RowResult{}
	for _, p := range paper {
		r := named(rows, p.name)
		s := r.figure(metric)
		if s.N == 0 {
			missing = append(missing, titleOf(p.name))
			continue
		}
		all = append(all, s.Text(format))
		if last.Name != "" {
			before := last.figure(metric)
			switch order, doubt := Order(s, before); {
			case order < 0:
				falls = append(falls, words.Text("“%s” (%s) is below “%s” (%s)").With(r.Title, s.Text(format), last.Title, before.Text(format)))
			case order == 0:
				doubts = append(doubts, words.Text("“%s” is not told from “%s” (%s)").With(r.Title, last.Title, doubt))
			}
		}
		last = r
	}
	why := []words.Said{words.Plain(strings.Join(all, ", "))}
	if len(missing) > 0 {
		doubts = append(doubts, words.Text("not measured: %s").With(strings.Join(missing, ", ")))
	}
	switch {
	case len(falls) > 0:
		return Ruled(text.With(), -1, append(why, falls...)...)
	case len(all) == 0:
		return Ruled(text.With(), 0, doubts...)
	case len(doubts) > 0:
		return Ruled(text.With(), 0, append(why, doubts...)...)
	default:
		return Ruled(text.With(), 1, why...)
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
	text := words.Text("No figure's standard deviation over the seeds is above 0.02.").With()
	worst, metric, row, few := -1.0, "", "", 0
	for _, p := range paper {
		r := named(rows, p.name)
		for _, m := range paperMetrics {
			sd := float64(r.figure(m.metric).SD)
			if math.IsNaN(sd) {
				few++
			} else if sd > worst {
				worst, metric, row = sd, m.title, r.Title
			}
		}
	}
	largest := words.Text("the largest is %s, that of the %s of “%s” (paper: 0.005 to 0.012)").With(fmt.Sprintf("%.3f", worst), metric, row)
	switch {
	case worst > steady:
		return Ruled(text, -1, largest)
	case few > 0:
		return Ruled(text, 0, words.Text("there is no deviation of %s of %s figures").With(few, len(paper)*len(paperMetrics)))
	default:
		return Ruled(text, 1, largest)
	}
}

// ControlClaim is our own rule, not the paper's: what was learned must be worth
// more than what was not. The burden is on what was learned.
func ControlClaim(rows []RowResult) Claim {
	text := words.Text("The complete method has a higher image AUROC than every control.").With()
	complete := named(rows, "complete").figure("image_auroc")
	best, title := Spread{Mean: Number(math.Inf(-1))}, ""
	for _, r := range rows {
		if s := r.figure("image_auroc"); r.Control && s.Mean > best.Mean {
			best, title = s, r.Title
		}
	}
	if complete.N == 0 || title == "" {
		return Ruled(text, 0, words.Text("the complete method and at least one control must be measured").With())
	}
	why := words.Text("%s against %s of the best control, “%s”").With(complete.Text("%.3f"), best.Text("%.3f"), title)
	switch order, doubt := Order(complete, best); {
	case order > 0:
		return Claim{text, Holds, []words.Said{why}}
	case !(complete.Mean > best.Mean):
		return Claim{text, DoesNotHold, []words.Said{why, words.Text("what was learned here is no result").With()}}
	default:
		return Claim{text, Open, []words.Said{why, doubt.With()}}
	}
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
	fmt.Fprintf(&b, "\n## What the paper claims\n\n%s\n\n", Rule)
	for _, c := range AblationClaims(rows) {
		c.Markdown(&b)
	}
	b.WriteString("\n## Our own rule\n\n")
	ControlClaim(rows).Markdown(&b)
	return b.Bytes()
}
